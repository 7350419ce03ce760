import { fromWireTime } from "../wire-time.ts";
import type { WireSubscription } from "./wire.ts";

/** What Google documents for a policy that leaves them out: google/pubsub/v1/pubsub.proto, RetryPolicy. */
export const DEFAULT_MINIMUM_MS = 10_000;
export const DEFAULT_MAXIMUM_MS = 600_000;
/** https://cloud.google.com/pubsub/docs/push#push_backoff: without a policy, push slows down from 100 ms to 60 s. */
const PUSH_MINIMUM_MS = 100;
const PUSH_MAXIMUM_MS = 60_000;
/** Without a policy a pulled message comes again at once; the pause only keeps a nacking client from spinning. */
const PULL_PAUSE_MS = 100;

/** Milliseconds from a message's `failures`th failure to its next delivery. */
export function backoffMs({ retryPolicy, pushConfig }: WireSubscription, failures: number): number {
  const doubled = (minimumMs: number, maximumMs: number) =>
    Math.min(minimumMs * 2 ** (failures - 1), maximumMs);
  if (retryPolicy) {
    const { minimumBackoff, maximumBackoff } = retryPolicy;
    return doubled(
      minimumBackoff ? fromWireTime(minimumBackoff) : DEFAULT_MINIMUM_MS,
      maximumBackoff ? fromWireTime(maximumBackoff) : DEFAULT_MAXIMUM_MS,
    );
  }
  return pushConfig?.pushEndpoint ? doubled(PUSH_MINIMUM_MS, PUSH_MAXIMUM_MS) : PULL_PAUSE_MS;
}
