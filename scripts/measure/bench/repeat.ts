/**
 * Does a piece of work so often, in so many workers at once, each beginning the next as soon as its last is over.
 * @returns how many a second
 */
export async function repeat(
  { workers, times }: { workers: number; times: number },
  work: (turn: { worker: number; index: number }) => Promise<unknown>,
): Promise<number> {
  const startedMs = performance.now();
  let next = 0;
  const go = async (worker: number): Promise<void> => {
    while (next < times) {
      const index = next;
      next += 1;
      await work({ worker, index });
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => go(worker)));
  return (times * 1000) / (performance.now() - startedMs);
}
