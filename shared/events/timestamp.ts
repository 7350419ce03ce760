import { HOUR_MS, MINUTE_MS } from "../values/durations.ts";

// RFC 3339, and Python's datetime: a blank instead of T, microseconds, and no zone when it is naive.
const SHAPE = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))?$/;
const ISO_LENGTH = "2025-06-18T10:23:41.000Z".length; // longer outside the years 0 to 9999

/**
 * Converts a timestamp to ISO 8601 in UTC with milliseconds. A text without a zone is UTC, as Python's
 * `datetime.utcnow` means it. Fractions below a millisecond are cut off.
 * A leap second (":60") counts as no moment, because PulseCart could not tell it from the next second.
 * @returns undefined when the text names no real moment, such as 30 February or hour 24
 */
export function normaliseTimestamp(text: string): string | undefined {
  const match = SHAPE.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", sign, zoneHour = "0", zoneMinute = "0"] =
    match;
  if (Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined;
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, "0")}Z`;
  const localMs = Date.parse(written);
  if (Number.isNaN(localMs) || new Date(localMs).toISOString() !== written) return undefined;
  const zoneMs = Number(zoneHour) * HOUR_MS + Number(zoneMinute) * MINUTE_MS;
  const utcMs = sign === "+" ? localMs - zoneMs : localMs + zoneMs;
  const normalised = new Date(utcMs).toISOString();
  return normalised.length === ISO_LENGTH ? normalised : undefined;
}

/** Tells whether a value is a timestamp in PulseCart's own format. */
export function isTimestamp(value: unknown): value is string {
  return typeof value === "string" && normaliseTimestamp(value) === value;
}
