import type { SearchTerm } from "../../collections.ts";
import { searchTerms } from "../../collections.ts";
import type { Timestamp, WriteBatch } from "../../google/firestore.ts";
import { documentRef, increment, readVersions, removed } from "../../google/firestore.ts";
import type { TermCount } from "../../rules/counting/term-people.ts";
import { addTermCounts, hasEnoughPeople } from "../../rules/counting/term-people.ts";
import { browseRow, hiddenRowExpiry } from "./row.ts";

/** The searches of a page for one term, and the term's row as it was read. */
interface CountedTerm {
  day: string;
  term: string;
  count: TermCount;
  row: SearchTerm | undefined;
  writtenAt: Timestamp | undefined;
}

/** Reads the rows of a page's terms. A row decides whether its term is in clear already. */
export async function readTerms(
  terms: ReadonlyMap<string, ReadonlyMap<string, TermCount>>,
): Promise<CountedTerm[]> {
  const all = [...terms].flatMap(([day, counts]) =>
    [...counts].map(([term, count]) => ({ day, term, count })),
  );
  const versions = await readVersions(
    searchTerms,
    all.map(({ day, term }) => browseRow(day, term).id),
  );
  return all.map((one, index) => ({ ...one, row: undefined, writtenAt: undefined, ...versions[index] }));
}

/**
 * Adds the searches to the row of their term. A row in clear is changed without a condition. Any other row must be
 * unchanged since the read. Otherwise the whole batch fails, and the page is counted again.
 */
export function countTerm({ day, term, count, row, writtenAt }: CountedTerm, batch: WriteBatch): void {
  const { id, expires_at } = browseRow(day, term);
  const ref = documentRef(searchTerms, id);
  if (row?.term !== undefined) {
    batch.set(ref, { searches: increment(count.searches) }, { merge: true });
    return;
  }
  const { hidden_searches: searches = 0, people = [] } = row ?? {};
  const sum = addTermCounts({ searches, people }, count);
  const after: SearchTerm = hasEnoughPeople(sum)
    ? { day, term, searches: sum.searches, expires_at }
    : { day, hidden_searches: sum.searches, people: [...sum.people], expires_at: hiddenRowExpiry(day) };
  if (!writtenAt) {
    batch.create(ref, after);
    return;
  }
  // An update names every field: a set, which removes the others, has no condition.
  const none = { term: removed(), searches: removed(), hidden_searches: removed(), people: removed() };
  batch.update(ref, { ...none, ...after }, { lastUpdateTime: writtenAt });
}
