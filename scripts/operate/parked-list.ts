import { table } from "../cli/table.ts";
import { ageText } from "../cli/times.ts";
import type { EntrySelection, FoundEntry } from "./find-entries.ts";
import { findEntries } from "./find-entries.ts";

/** The first records of a search, and the number of all. */
export interface Listing<T> {
  listed: T[];
  found: number;
}

/** Collects the first records of a search in an order. Memory holds at most twice the limit. */
export async function firstOf<T>(
  all: AsyncIterable<T>,
  { limit, compare }: { limit: number; compare: (left: T, right: T) => number },
): Promise<Listing<T>> {
  let kept: T[] = [];
  let found = 0;
  for await (const one of all) {
    found += 1;
    kept.push(one);
    if (kept.length >= 2 * limit) kept = kept.toSorted(compare).slice(0, limit);
  }
  return { listed: kept.toSorted(compare).slice(0, limit), found };
}

/** Collects the first records of a search by their creation time. */
export function firstByAge<T extends { created_at_ms: number }>(
  all: AsyncIterable<T>,
  { limit, oldest }: { limit: number; oldest: boolean },
): Promise<Listing<T>> {
  const sign = oldest ? 1 : -1;
  return firstOf(all, { limit, compare: (left, right) => sign * (left.created_at_ms - right.created_at_ms) });
}

/** Collects the first entries of a selection by their creation time. */
export function listEntries(
  selection: EntrySelection,
  order: { limit: number; oldest: boolean },
): Promise<Listing<FoundEntry>> {
  return firstByAge(findEntries(selection), order);
}

/** Renders entries as a table, with the number of entries that are not listed. */
export function entryTable({ listed, found }: Listing<FoundEntry>, nowMs: number): string {
  const rows = listed.map(entry => [
    entry.id,
    entry.by,
    entry.cause.event_type,
    entry.cause.subject,
    ageText(nowMs - entry.created_at_ms),
    String(entry.n),
    entry.reason ?? "",
  ]);
  const heads = ["id", "reaction", "type", "subject", "age", "tries", "reason"];
  return `${table(heads, rows)}${moreText(found, listed.length)}`;
}

/** Returns a line with the number of records that are not listed; empty when all are. */
export function moreText(found: number, listed: number): string {
  return found > listed ? `\n... and ${found - listed} more (--limit N lists more)` : "";
}

/** Returns an entry as JSON output shows it. */
export function entryJson({ id, by, cause, ...entry }: FoundEntry) {
  return {
    id,
    reaction: by,
    state: entry.state,
    event_type: cause.event_type,
    event_id: cause.id,
    subject: cause.subject,
    n: entry.n,
    reason: entry.reason,
    since: new Date(entry.created_at_ms).toISOString(),
    lane: entry.lane?.id,
  };
}
