/**
 * The only source of the current time in PulseCart. The pipeline reads the clock once per invocation and passes the time
 * on as data. Rules never read the clock.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

let source: () => number = Date.now;

export const clock: Clock = { now: () => source() };

/** Replaces the time source of this process. Only the local runtime and tests call this function: they move the clock. */
export function setClockSource(nowMs: () => number): void {
  source = nowMs;
}
