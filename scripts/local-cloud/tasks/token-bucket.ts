import type { LocalClock } from "../clock.ts";

/** Bounds the rate of dispatches: https://wikipedia.org/wiki/Token_bucket. */
export interface TokenBucket {
  /** Takes a token; undefined when it got one, otherwise when the next one is there. */
  take(limits: { perSecond: number; burst: number }): number | undefined;
}

/** Begins full. */
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
