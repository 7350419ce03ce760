import { MINUTE_MS } from "./durations.ts";

/** What a clock on somebody's wall shows. Time zones are IANA's; the rules of their changes are the platform's. */

const MINUTES_A_DAY = 24 * 60;

/** Marketing mails do not arrive from 22:00 to 8:00. */
const QUIET_FROM_MINUTES = 22 * 60;
const QUIET_TO_MINUTES = 8 * 60;

export interface LocalTime {
  /** "2026-11-20". */
  day: string;
  /** Since local midnight by the clock on the wall, 0 to 1439. */
  minutes: number;
}

/** The local time at a moment; where nobody knows a zone of this name, UTC's. */
export function localTime(ms: number, timeZone: string): LocalTime {
  const parts = new Map(
    formatFor(timeZone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  );
  const day = `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`;
  return { day, minutes: Number(parts.get("hour")) * 60 + Number(parts.get("minute")) };
}

/** The end of the quiet hours in which a moment lies, in milliseconds; undefined when it lies in none. */
export function quietUntil(ms: number, timeZone: string): number | undefined {
  if (!isQuiet(minutesAt(ms, timeZone))) return undefined;
  let untilMs = Math.floor(ms / MINUTE_MS) * MINUTE_MS;
  // By the wall; where the clocks are changed in that night, it is still quiet then, and again, or was over before.
  for (let minutes = minutesAt(untilMs, timeZone); isQuiet(minutes); minutes = minutesAt(untilMs, timeZone))
    untilMs += ((QUIET_TO_MINUTES - minutes + MINUTES_A_DAY) % MINUTES_A_DAY) * MINUTE_MS;
  while (untilMs - MINUTE_MS > ms && !isQuiet(minutesAt(untilMs - MINUTE_MS, timeZone))) untilMs -= MINUTE_MS;
  return untilMs;
}

const minutesAt = (ms: number, timeZone: string): number => localTime(ms, timeZone).minutes;

function isQuiet(minutes: number): boolean {
  return minutes >= QUIET_FROM_MINUTES || minutes < QUIET_TO_MINUTES;
}

/** Making one takes longer than using it. */
const formats = new Map<string, Intl.DateTimeFormat>();
const MOST_FORMATS = 500;

function formatFor(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const made = formatOf(timeZone);
  if (formats.size < MOST_FORMATS) formats.set(timeZone, made);
  return made;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const two = "2-digit";
  const shown = { year: "numeric", month: two, day: two, hour: two, minute: two, hourCycle: "h23" } as const;
  try {
    return new Intl.DateTimeFormat("en-GB-u-ca-gregory-nu-latn", { ...shown, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en-GB-u-ca-gregory-nu-latn", { ...shown, timeZone: "UTC" });
  }
}
