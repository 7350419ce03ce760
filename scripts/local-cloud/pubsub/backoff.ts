import { fromWireTime } from "../wire-time.ts";
import type { WireSubscription } from "./wire.ts";

/** Google's defaults for a policy that leaves them out. Source: google/pubsub/v1/pubsub.proto, RetryPolicy. */
export const DEFAULT_MINIMUM_MS = 10_000;
export const DEFAULT_MAXIMUM_MS = 600_000;
/** Backoff of pushes without a policy: 100 ms to 60 s. https://cloud.google.com/pubsub/docs/push#push_backoff */
const PUSH_MINIMUM_MS = 100;
const PUSH_MAXIMUM_MS = 60_000;
/** Pause before a pulled message is redelivered without a policy. Google has none; this one stops a nack loop. */
const PULL_PAUSE_MS = 100;

/** Returns the milliseconds from a message's latest failure to its next delivery. */
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
