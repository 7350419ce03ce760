/** Lets so many be in at once; who comes later waits for its turn, in the order of coming. */
export interface Semaphore {
  begin(): Promise<void>;
  end(): void;
  /** Begins, runs it, ends. */
  run<R>(work: () => Promise<R>): Promise<R>;
}

export function createSemaphore(most: number): Semaphore {
  let taken = 0;
  const waiting: (() => void)[] = [];
  const turns: Semaphore = {
    begin() {
      if (taken === most) return new Promise(resolve => waiting.push(resolve));
      taken += 1;
      return Promise.resolve();
    },
    end() {
      const next = waiting.shift();
      // Whoever was next takes over the place that has become free.
      if (next) next();
      else taken -= 1;
    },
    async run(work) {
      await turns.begin();
      try {
        return await work();
      } finally {
        turns.end();
      }
    },
  };
  return turns;
}
