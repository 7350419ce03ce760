/**
 * The one source of "now" in PulseCart. Rules never read it: the machinery reads it once per invocation
 * and hands the time on as data.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

let source: () => number = Date.now;

export const clock: Clock = { now: () => source() };

/** Replaces the time source of this process. Only the local runtime and tests do this: their clock can be moved. */
export function setClockSource(nowMs: () => number): void {
  source = nowMs;
}
