import { normaliseTimestamp } from "../../shared/events/timestamp.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../shared/values/durations.ts";

const UNITS_MS: Readonly<Record<string, number>> = { s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/**
 * Reads a length of time such as `2h`.
 * @returns milliseconds; undefined for anything but a number and one of s, m, h, d
 */
export function parseDuration(text: string): number | undefined {
  const [, count = "", unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  return unitMs === undefined ? undefined : Number(count) * unitMs;
}

/**
 * Reads a day or a moment in ISO 8601. A day stands for its first instant in UTC.
 * @returns milliseconds since 1970; undefined for a text of another form and for a day that does not exist
 */
export function parseMoment(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(T.+(Z|[+-]\d{2}:\d{2}))?$/.test(text)) return undefined;
  // Date.parse alone reads 31 November as 1 December.
  const moment = normaliseTimestamp(text.includes("T") ? text : `${text}T00:00:00Z`);
  return moment === undefined ? undefined : Date.parse(moment);
}

const UNIT_WORDS: Readonly<Record<string, string>> = { s: "s", m: "min", h: "h", d: "d" };

/** Returns the time until a moment in words: `now` or `in 9 min`. */
export function untilText(ms: number): string {
  if (ms <= 0) return "now";
  return `in ${ageText(ms).replace(/[smhd]$/, unit => ` ${UNIT_WORDS[unit]}`)}`;
}

/** Returns a length of time in its largest whole unit: `3d`, never `3d 2h`. */
export function ageText(ms: number): string {
  const [unit, unitMs] = Object.entries(UNITS_MS).findLast(([, unitMs]) => ms >= unitMs) ?? ["s", SECOND_MS];
  return `${Math.max(0, Math.floor(ms / unitMs))}${unit}`;
}
