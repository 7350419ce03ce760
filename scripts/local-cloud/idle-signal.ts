/** Lets a service say that some of its work ended, and others wait until all of it has. */
export interface IdleSignal {
  /** Resolves once `idle()` is true after a change; at once when it is already. */
  settle(): Promise<void>;
  /** To be called whenever a piece of work ended. */
  changed(): void;
  /** Lets go of everybody who still waits. */
  close(): void;
}

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
