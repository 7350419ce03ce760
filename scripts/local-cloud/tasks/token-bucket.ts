import type { LocalClock } from "../clock.ts";

/** Limits the rate of dispatches: https://wikipedia.org/wiki/Token_bucket. */
export interface TokenBucket {
  /** Takes a token. @returns undefined, or the time of the next token when the bucket is empty */
  take(limits: { perSecond: number; burst: number }): number | undefined;
}

/** Creates a full bucket. */
export function createTokenBucket(clock: LocalClock): TokenBucket {
  let tokens = Number.POSITIVE_INFINITY;
  let filledMs = clock.now();
  return {
    take({ perSecond, burst }) {
      const nowMs = clock.now();
      tokens = Math.min(tokens + ((nowMs - filledMs) / 1000) * perSecond, burst);
      filledMs = nowMs;
      if (tokens < 1) return nowMs + Math.ceil(((1 - tokens) / perSecond) * 1000);
      tokens -= 1;
      return undefined;
    },
  };
}
