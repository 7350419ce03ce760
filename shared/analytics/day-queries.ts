import { searchTerms } from "../collections.ts";
import { firestore, timestamp } from "../google/firestore.ts";
import type { HttpAnswer, HttpRequest } from "../http/handler.ts";
import { Problem } from "../http/problem.ts";
import { sumTallies } from "../rules/counting/daily-facts.ts";
import { DAY_MS } from "../values/durations.ts";
import { numbersView } from "./day-view.ts";
import { readDays } from "./read-days.ts";
import { isAnyLeft, readProgress } from "./traffic/cursor.ts";

const MAX_DAYS = 31;
const TOP_TERMS = 20;

/** One UTC day: what was counted, and the 20 terms searched for most, each with its exact number. */
export async function getDay({ params }: HttpRequest): Promise<HttpAnswer> {
  const day = dayIn(params["day"], "The last part of the path");
  const [[tally = {}], top_terms, counted] = await Promise.all([
    readDays([day]),
    topTerms(day),
    countedThrough(),
  ]);
  return { status: 200, body: { day, ...numbersView(tally), top_terms, ...counted } };
}

/** Each day from one to another, both included, and all of them together. */
export async function getDays({ query }: HttpRequest): Promise<HttpAnswer> {
  const from = dayIn(query.get("from"), "from");
  const to = dayIn(query.get("to"), "to");
  const count = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (count < 1 || count > MAX_DAYS)
    throw invalidDay(`to must be from's day or a later one, and both together at most ${MAX_DAYS} days.`);
  const days = Array.from({ length: count }, (_, index) => isoDay(Date.parse(from) + index * DAY_MS));
  const [tallies, counted] = await Promise.all([readDays(days), countedThrough()]);
  const shown = tallies.map((tally, index) => ({ day: days[index], ...numbersView(tally) }));
  return {
    status: 200,
    body: { from, to, total: numbersView(sumTallies(tallies)), days: shown, ...counted },
  };
}

/** Of two that were searched for as often, which comes first is always the same. */
async function topTerms(day: string): Promise<{ term: string; searches: number }[]> {
  const found = await firestore()
    .collection(searchTerms.name)
    .where("day", "==", day)
    .orderBy("searches", "desc")
    .limit(TOP_TERMS)
    .get();
  return found.docs.map(document => ({
    term: String(document.get("term")),
    searches: Number(document.get("searches")),
  }));
}

/** Views and searches archived before this are counted; null: the first ones are still to be counted. */
async function countedThrough(): Promise<{ browse_counted_through: string | null }> {
  const { untilMs, countedThrough: noted } = await readProgress();
  const until = timestamp(untilMs);
  // The roll-up notes nothing where there is nothing to count.
  const through = (await isAnyLeft(noted, until)) ? noted : until;
  return { browse_counted_through: through?.toDate().toISOString() ?? null };
}

function dayIn(sent: string | null | undefined, what: string): string {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(sent ?? "") ? Date.parse(sent ?? "") : Number.NaN;
  // A thirtieth of February is another day's name.
  if (!Number.isNaN(ms) && sent === isoDay(ms)) return sent;
  throw invalidDay(`${what} must be a day of the calendar, such as 2026-11-20.`);
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function invalidDay(detail: string): Problem {
  return new Problem({ status: 400, slug: "invalid-day", detail });
}
