/** A counting semaphore. Callers beyond its limit wait, and enter in the order of their calls. */
export interface Semaphore {
  /** Waits for a free place and occupies it. */
  begin(): Promise<void>;
  /** Frees the place. */
  end(): void;
  /** Runs work within a place, and frees the place when the work fails, too. */
  run<R>(work: () => Promise<R>): Promise<R>;
}

/** Creates a semaphore with a number of places. */
export function createSemaphore(places: number): Semaphore {
  let occupied = 0;
  const waiting: (() => void)[] = [];
  const semaphore: Semaphore = {
    begin() {
      if (occupied === places) return new Promise(resolve => waiting.push(resolve));
      occupied += 1;
      return Promise.resolve();
    },
    end() {
      const next = waiting.shift();
      // The next caller inherits the place, so the number of occupied places stays.
      if (next) next();
      else occupied -= 1;
    },
    async run(work) {
      await semaphore.begin();
      try {
        return await work();
      } finally {
        semaphore.end();
      }
    },
  };
  return semaphore;
}
