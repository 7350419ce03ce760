import { DAY_MS } from "../values/durations.ts";

/**
 * Earliest believable time of an event. No shop reports facts from before 2000; such times come from unset clocks,
 * zero dates (1970-01-01, 0001-01-01) and two-digit years.
 */
const EARLIEST_MS = Date.parse("2000-01-01T00:00:00.000Z");

/** Max lead of a producer's clock over ingest's. A wrong time zone is at most 14 hours ahead. */
const LONGEST_LEAD_MS = DAY_MS;

interface EventTimes {
  readonly timestamp: string;
  readonly received_at: string;
}

/**
 * Computes when an event counts as having happened. A client's clock may run ahead, so ingest's time is the upper
 * bound. Ingest's time also stands in for a timestamp before 2000, which would sort before every other event.
 * @returns milliseconds since the epoch
 */
export function happenedAt(event: EventTimes): number {
  return happenedAtMs({
    timestampMs: Date.parse(event.timestamp),
    receivedAtMs: Date.parse(event.received_at),
  });
}

/** Computes the same from times in milliseconds since the epoch. */
export function happenedAtMs({
  timestampMs,
  receivedAtMs,
}: {
  timestampMs: number;
  receivedAtMs: number;
}): number {
  return timestampMs < EARLIEST_MS ? receivedAtMs : Math.min(timestampMs, receivedAtMs);
}

/** Tells whether a timestamp is believable: not before 2000 and at most one day after ingest received the event. */
export function hasPlausibleTime(event: EventTimes): boolean {
  const timestampMs = Date.parse(event.timestamp);
  return timestampMs >= EARLIEST_MS && timestampMs <= Date.parse(event.received_at) + LONGEST_LEAD_MS;
}
