/** Lets callers wait until all work of a service has ended. */
export interface IdleSignal {
  /** Resolves once `idle()` is true after a change; at once when it is true already. */
  settle(): Promise<void>;
  /** Checks `idle()` again: the service calls this whenever a piece of work has ended. */
  changed(): void;
  /** Resolves every wait that is still open. */
  close(): void;
}

/** @param idle tells whether the service has no work in progress */
export function createIdleSignal(idle: () => boolean): IdleSignal {
  let waiting: Array<() => void> = [];
  let closed = false;

  function changed(): void {
    if (waiting.length === 0 || !(closed || idle())) return;
    const released = waiting;
    waiting = [];
    for (const release of released) release();
  }

  return {
    async settle() {
      while (!closed && !idle()) await new Promise<void>(resolve => waiting.push(resolve));
    },
    changed,
    close() {
      closed = true;
      changed();
    },
  };
}
