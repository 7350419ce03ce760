import type { Timestamp } from "./messages.ts";

const MICROS_PER_SECOND = 1_000_000;

/** Converts microseconds since 1970 (below 2^53 until the year 2255) to a wire time. */
export function toTimestamp(micros: number): Timestamp {
  const seconds = Math.floor(micros / MICROS_PER_SECOND);
  return {
    seconds: String(seconds),
    nanos: (micros - seconds * MICROS_PER_SECOND) * 1000,
  };
}

/** Converts a wire time to microseconds since 1970, rounded down as the service does. */
export function toMicros(timestamp: Timestamp): number {
  return Number(timestamp.seconds ?? 0) * MICROS_PER_SECOND + Math.floor((timestamp.nanos ?? 0) / 1000);
}
