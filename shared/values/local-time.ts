/**
 * Local time, as a clock on the wall shows it. Zone names are IANA's. The platform (Intl) knows when clocks change.
 */
import { MINUTE_MS } from "./durations.ts";

const MINUTES_A_DAY = 24 * 60;

/** Start of the quiet hours, in minutes since local midnight. No marketing mail is sent from 22:00 to 8:00. */
const QUIET_FROM_MINUTES = 22 * 60;
/** End of the quiet hours, in minutes since local midnight. */
const QUIET_TO_MINUTES = 8 * 60;

export interface LocalTime {
  /** Local calendar day: "2026-11-20". */
  day: string;
  /** Minutes since local midnight by the clock on the wall, 0 to 1439. */
  minutes: number;
}

/** Converts a time to local time. An unknown zone counts as UTC. */
export function localTime(ms: number, timeZone: string): LocalTime {
  const parts = new Map(
    formatFor(timeZone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  );
  const day = `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`;
  return { day, minutes: Number(parts.get("hour")) * 60 + Number(parts.get("minute")) };
}

/**
 * Finds the end of the quiet hours around a time.
 * @returns the end in milliseconds; undefined outside the quiet hours
 */
export function quietUntil(ms: number, timeZone: string): number | undefined {
  if (!isQuiet(minutesAt(ms, timeZone))) return undefined;
  let untilMs = Math.floor(ms / MINUTE_MS) * MINUTE_MS;
  // Each step moves to 8:00 by the clock on the wall. If the clocks go back in between, a step ends at 7:00 and the
  // first loop steps again. If they go forward, a step ends at 9:00 and the second loop goes back to 8:00.
  for (let minutes = minutesAt(untilMs, timeZone); isQuiet(minutes); minutes = minutesAt(untilMs, timeZone))
    untilMs += ((QUIET_TO_MINUTES - minutes + MINUTES_A_DAY) % MINUTES_A_DAY) * MINUTE_MS;
  while (untilMs - MINUTE_MS > ms && !isQuiet(minutesAt(untilMs - MINUTE_MS, timeZone))) untilMs -= MINUTE_MS;
  return untilMs;
}

const minutesAt = (ms: number, timeZone: string): number => localTime(ms, timeZone).minutes;

function isQuiet(minutes: number): boolean {
  return minutes >= QUIET_FROM_MINUTES || minutes < QUIET_TO_MINUTES;
}

/** Formats by zone, because creating a format takes longer than using it. */
const formats = new Map<string, Intl.DateTimeFormat>();
/** Max number of kept formats. Further zones get a new format each time. */
const MAX_FORMATS = 500;

function formatFor(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const made = formatOf(timeZone);
  if (formats.size < MAX_FORMATS) formats.set(timeZone, made);
  return made;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const two = "2-digit";
  const fields = { year: "numeric", month: two, day: two, hour: two, minute: two, hourCycle: "h23" } as const;
  try {
    return new Intl.DateTimeFormat("en-GB-u-ca-gregory-nu-latn", { ...fields, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en-GB-u-ca-gregory-nu-latn", { ...fields, timeZone: "UTC" });
  }
}
