/**
 * Runs a piece of work `times` times in parallel workers. A worker starts its next run when its last one ends.
 * @returns runs per second
 */
export async function repeat(
  { workers, times }: { workers: number; times: number },
  work: (turn: { worker: number; index: number }) => Promise<unknown>,
): Promise<number> {
  const startedMs = performance.now();
  let next = 0;
  const run = async (worker: number): Promise<void> => {
    while (next < times) {
      const index = next;
      next += 1;
      await work({ worker, index });
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => run(worker)));
  return (times * 1000) / (performance.now() - startedMs);
}
