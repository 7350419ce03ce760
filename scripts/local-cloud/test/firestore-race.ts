import { signal } from "./firestore-client.ts";

/** Returns a wait that ends for all callers once `count` of them have arrived. */
export function barrier(count: number): () => Promise<void> {
  const full = signal();
  let arrived = 0;
  return () => {
    arrived++;
    if (arrived === count) full.reach();
    // A retry passes at once: the first attempts have filled the barrier.
    return full.reached;
  };
}

/** Returns "committed" or the refusal's code for each promise. */
export const outcomes = async (promises: Array<Promise<unknown>>) =>
  (await Promise.allSettled(promises)).map(result =>
    result.status === "fulfilled" ? "committed" : result.reason.code,
  );
