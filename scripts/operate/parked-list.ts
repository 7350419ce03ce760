import { table } from "../cli/table.ts";
import { spoken } from "../cli/usage.ts";
import type { Found, Selection } from "./find-entries.ts";
import { findEntries } from "./find-entries.ts";

export interface Listing<T> {
  /** As many as were asked for. */
  shown: T[];
  found: number;
}

/** The first of what is found, in an order; memory holds no more than twice as many as are shown. */
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
  return { shown: kept.toSorted(compare).slice(0, limit), found };
}

export function listEntries(
  selection: Selection,
  { limit, oldestFirst }: { limit: number; oldestFirst: boolean },
): Promise<Listing<Found>> {
  const sign = oldestFirst ? 1 : -1;
  return firstOf(findEntries(selection), {
    limit,
    compare: (left, right) => sign * (left.created_at_ms - right.created_at_ms),
  });
}

/** A listing for a person; what is not shown is counted. */
export function listingTable({ shown, found }: Listing<Found>, nowMs: number): string {
  const rows = shown.map(entry => [
    entry.id,
    entry.by,
    entry.cause.event_type,
    entry.cause.subject,
    spoken(nowMs - entry.created_at_ms),
    String(entry.n),
    entry.reason ?? "",
  ]);
  return `${table(["id", "reaction", "type", "subject", "age", "tries", "reason"], rows)}${rest(found, shown.length)}`;
}

export function rest(found: number, shown: number): string {
  return found > shown ? `\n... and ${found - shown} more (--limit shows more of them)` : "";
}

/** The same for a program. */
export function entryJson({ id, by, cause, ...entry }: Found) {
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
