import { searchTerms } from "../collections.ts";
import { firestore, timestamp } from "../google/firestore.ts";
import type { HttpAnswer, HttpRequest } from "../http/handler.ts";
import { Problem } from "../http/problem.ts";
import { sumTallies } from "../rules/counting/daily-facts.ts";
import { DAY_MS } from "../values/durations.ts";
import { isAnyLeft, readProgress } from "./browse/cursor.ts";
import { numbersView } from "./day-view.ts";
import { readDays } from "./read-days.ts";

/** Max days of one query: the longest month. */
const MAX_DAYS = 31;
const TOP_TERMS = 20;

/** Answers with the counters of one UTC day and its 20 most searched terms, with exact numbers. */
export async function getDay({ params }: HttpRequest): Promise<HttpAnswer> {
  const day = dayIn(params["day"], "Day in the path");
  const [[tally = {}], top_terms, counted] = await Promise.all([
    readDays([day]),
    topTerms(day),
    countedThrough(),
  ]);
  return { status: 200, body: { day, ...numbersView(tally), top_terms, ...counted } };
}

/** Answers with the counters of each day of a range, both ends included, and their sum. */
export async function getDays({ query }: HttpRequest): Promise<HttpAnswer> {
  const from = dayIn(query.get("from"), 'Parameter "from"');
  const to = dayIn(query.get("to"), 'Parameter "to"');
  const count = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (count < 1 || count > MAX_DAYS)
    throw invalidDay(
      `Range of days invalid: expected 1 to ${MAX_DAYS} days from "from" to "to", got ${count}.`,
    );
  const days = Array.from({ length: count }, (_, index) => isoDay(Date.parse(from) + index * DAY_MS));
  const [tallies, counted] = await Promise.all([readDays(days), countedThrough()]);
  const views = tallies.map((tally, index) => ({ day: days[index], ...numbersView(tally) }));
  return {
    status: 200,
    body: { from, to, total: numbersView(sumTallies(tallies)), days: views, ...counted },
  };
}

/** Reads the most searched terms. Firestore orders terms with equal numbers by id, so the answer is stable. */
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

/** Returns the time up to which views and searches are counted; null before the first roll-up. */
async function countedThrough(): Promise<{ browse_counted_through: string | null }> {
  const { untilMs, countedThrough: noted } = await readProgress();
  const until = timestamp(untilMs);
  // The roll-up stores no progress when the archive holds nothing to count.
  const through = (await isAnyLeft(noted, until)) ? noted : until;
  return { browse_counted_through: through?.toDate().toISOString() ?? null };
}

function dayIn(sent: string | null | undefined, name: string): string {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(sent ?? "") ? Date.parse(sent ?? "") : Number.NaN;
  // Date.parse accepts February 30 and returns a day of March.
  if (!Number.isNaN(ms) && sent === isoDay(ms)) return sent;
  throw invalidDay(`${name} invalid: expected a calendar day such as 2026-11-20.`);
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function invalidDay(detail: string): Problem {
  return new Problem({ status: 400, slug: "invalid-day", detail });
}
