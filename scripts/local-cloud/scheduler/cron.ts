import { DAY_MS, MINUTE_MS } from "../durations.ts";
import { invalidArgument } from "../rpc-error.ts";

/** A schedule of whole minutes in UTC. */
export interface Cron {
  /** Returns the first matching minute after `ms`, in milliseconds since 1970. */
  nextMs(ms: number): number;
}

interface CronField {
  name: string;
  least: number;
  most: number;
  /** Words for `least`, `least` + 1 and so on. */
  words?: readonly string[];
}

/** Days that the search for a date covers. In 40 years every date falls on every weekday, also around 2100. */
const SEARCHED_DAYS = 40 * 366;

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const fields = {
  minute: { name: "minute", least: 0, most: 59 },
  hour: { name: "hour", least: 0, most: 23 },
  day: { name: "day of the month", least: 1, most: 31 },
  month: { name: "month", least: 1, most: 12, words: MONTHS },
  weekday: { name: "day of the week", least: 0, most: 7, words: WEEKDAYS },
} satisfies Record<string, CronField>;

/**
 * Parses a unix-cron schedule: five fields of lists, ranges and steps. Months and weekdays may have names, and 7 is
 * Sunday too. Source: https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules
 *
 * A day must match both day fields. If neither of them begins with `*`, a match of one field is enough.
 * @throws RpcError INVALID_ARGUMENT for any other form, such as Google's "every 5 minutes", and for an impossible date
 */
export function parseCron(schedule: string): Cron {
  const [minuteText, hourText, dayText, monthText, weekdayText, ...rest] = schedule.trim().split(/\s+/);
  if (!minuteText || !hourText || !dayText || !monthText || !weekdayText || rest.length > 0) {
    throw invalidArgument(
      `Job.schedule is "${schedule}": it must have five fields, as in "30 4 * * MON-FRI". They are minute, hour, day of the month, month, day of the week.`,
    );
  }
  const minutes = parseField(minuteText, fields.minute);
  const hours = parseField(hourText, fields.hour);
  const days = parseField(dayText, fields.day);
  const months = parseField(monthText, fields.month);
  const weekdays = parseField(weekdayText, fields.weekday);
  if (weekdays.has(7)) weekdays.add(0);
  const bothRestricted = !dayText.startsWith("*") && !weekdayText.startsWith("*");

  function matchesDay(ms: number): boolean {
    const date = new Date(ms);
    if (!months.has(date.getUTCMonth() + 1)) return false;
    const byDay = days.has(date.getUTCDate());
    const byWeekday = weekdays.has(date.getUTCDay());
    return bothRestricted ? byDay || byWeekday : byDay && byWeekday;
  }

  const timesOfDay = timesOf(hours, minutes);
  const cron: Cron = {
    nextMs(ms) {
      const today = Math.floor(ms / DAY_MS) * DAY_MS;
      const laterToday = timesOfDay.find(time => today + time > ms);
      if (laterToday !== undefined && matchesDay(today)) return today + laterToday;
      for (let day = today + DAY_MS; day <= today + SEARCHED_DAYS * DAY_MS; day += DAY_MS) {
        if (matchesDay(day)) return day + (timesOfDay[0] ?? 0);
      }
      throw invalidArgument(`Job.schedule is "${schedule}": that date never comes.`);
    },
  };
  cron.nextMs(0);
  return cron;
}

/** Returns the times of a day in milliseconds since midnight, in their order. There are at most 1440. */
function timesOf(hours: ReadonlySet<number>, minutes: ReadonlySet<number>): number[] {
  const times = [...hours].flatMap(hour => [...minutes].map(minute => (hour * 60 + minute) * MINUTE_MS));
  return times.sort((a, b) => a - b);
}

function parseField(text: string, field: CronField): Set<number> {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const { from, to, step } = parsePart(part, field) ?? refuse(text, field);
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return values;
}

/** Parses `*`, `n` or `a-b`, the first and the last also with `/step`. @returns undefined for any other form */
function parsePart(part: string, field: CronField): { from: number; to: number; step: number } | undefined {
  const [, range = "", stepText] = /^([^/]+)(?:\/(\d+))?$/.exec(part) ?? [];
  const step = Number(stepText ?? 1);
  if (step < 1) return undefined;
  if (range === "*") return { from: field.least, to: field.most, step };
  const [fromText = "", toText, ...rest] = range.split("-");
  if (rest.length > 0 || (toText === undefined && stepText !== undefined)) return undefined;
  const from = parseValue(fromText, field);
  const to = toText === undefined ? from : parseValue(toText, field);
  if (from === undefined || to === undefined || from > to) return undefined;
  return { from, to, step };
}

function parseValue(text: string, { least, most, words = [] }: CronField): number | undefined {
  const place = words.indexOf(text.toUpperCase());
  if (place >= 0) return least + place;
  if (!/^\d{1,2}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}

function refuse(text: string, { name, least, most, words }: CronField): never {
  const names = words ? ` or ${words[0]} to ${words.at(-1)}` : "";
  throw invalidArgument(
    `Job.schedule has "${text}" for the ${name}: it must hold values from ${least} to ${most}${names}. Lists, ranges, "*" and steps such as */2 are allowed.`,
  );
}
