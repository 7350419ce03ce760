import { normaliseTimestamp } from "../../shared/events/timestamp.ts";

/** Somebody called a tool in a way it does not understand: one sentence, and exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 60 * 60_000,
  d: 24 * 60 * 60_000,
};

/** @throws UsageError for anything but a number and one of s, m, h, d */
export function durationMs(flag: string, text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  if (unitMs === undefined) throw new UsageError(`${flag} takes a time such as 30s, 10m, 2h or 3d.`);
  return Number(count) * unitMs;
}

/** A moment: a day is its first instant in UTC. */
export function momentMs(flag: string, text: string): number {
  const written = /^\d{4}-\d{2}-\d{2}(T.+(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  // Date.parse takes 31 November for the first of December.
  const moment = written ? normaliseTimestamp(text.includes("T") ? text : `${text}T00:00:00Z`) : undefined;
  if (moment === undefined) {
    throw new UsageError(`${flag} takes a day such as 2026-11-20 or a moment such as 2026-11-20T08:30:00Z.`);
  }
  return Date.parse(moment);
}

export function positiveNumber(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= most) return value;
  throw new UsageError(`${flag} takes a number above 0 and at most ${most}.`);
}

/** A length of time as a person says it: its largest unit and no more. */
export function spoken(ms: number): string {
  const [unit, unitMs] = Object.entries(UNITS_MS).findLast(([, unitMs]) => ms >= unitMs) ?? ["s", 1_000];
  return `${Math.max(0, Math.floor(ms / unitMs))}${unit}`;
}
