import { signal } from "./firestore-client.ts";

/** Everyone goes on when all have arrived. */
export function barrier(count: number): () => Promise<void> {
  const full = signal();
  let arrived = 0;
  return () => {
    arrived++;
    if (arrived === count) full.reach();
    // Retries pass: the first round filled it.
    return full.reached;
  };
}

/** "committed", or the code of the refusal, of each. */
export const outcomes = async (promises: Array<Promise<unknown>>) =>
  (await Promise.allSettled(promises)).map(result =>
    result.status === "fulfilled" ? "committed" : result.reason.code,
  );
