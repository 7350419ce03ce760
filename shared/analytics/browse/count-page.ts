import type { UserViews } from "../../collections.ts";
import { browseDays, productViews, users, userViews } from "../../collections.ts";
import { grpcStatus, grpcStatusOf } from "../../errors.ts";
import type { Collection, Timestamp, WriteBatch } from "../../google/firestore.ts";
import { documentRef, inBatch, increment, readDocuments } from "../../google/firestore.ts";
import type { BrowseSums } from "../../rules/counting/browse-sums.ts";
import { sumBrowseEvents } from "../../rules/counting/browse-sums.ts";
import { dayShardId } from "../../rules/counting/day-shards.ts";
import { applyViews } from "../../rules/recommend/signals.ts";
import { countTerm, readTerms } from "./count-terms.ts";
import type { BrowsePage } from "./cursor.ts";
import { moveCursor } from "./cursor.ts";
import { browseRow } from "./row.ts";

/**
 * Counts a page. One commit holds its sums and the cursor behind its last event.
 * @returns false when the cursor was moved: by another run, or by a commit of this call with a lost answer. Also false
 * when another group has counted a hidden term
 * @throws FirestoreTooSlow or another Firestore error; the cursor tells whether the page is counted
 */
export async function countPage({ from, to, facts }: BrowsePage): Promise<boolean> {
  const sums = sumBrowseEvents(facts);
  // No transaction is needed: all views of a user belong to one group, and its cursor guards the commit.
  const [changed, terms] = await Promise.all([changedViews(sums.viewed), readTerms(sums.terms)]);
  try {
    await inBatch(batch => {
      // Each group has a document of its own per day, so two groups never contend.
      for (const [day, counts] of sums.days)
        add(batch, browseDays, { id: dayShardId(day, from.group), about: { day }, counts });
      for (const { day, name: product_id, count: views } of listed(sums.products))
        add(batch, productViews, row(day, product_id, { about: { day, product_id }, counts: { views } }));
      for (const term of terms) countTerm(term, batch);
      for (const views of changed) batch.set(documentRef(userViews, views.user_id), views);
      moveCursor(from, to, batch);
    });
    return true;
  } catch (error) {
    if (OVERTAKEN.some(status => status === grpcStatusOf(error))) return false;
    throw error;
  }
}

/** Statuses of a commit whose cursor or hidden term was changed, created or deleted after the read. */
const OVERTAKEN = [grpcStatus.failedPrecondition, grpcStatus.alreadyExists, grpcStatus.notFound];

/** Counters to add to a document, and the fields that say what it counts. */
interface RowChange {
  id: string;
  about: Record<string, string | Timestamp>;
  counts: Record<string, number>;
}

function row(day: string, name: string, { about, counts }: Omit<RowChange, "id">): RowChange {
  const { id, expires_at } = browseRow(day, name);
  return { id, about: { ...about, expires_at }, counts };
}

function* listed(counts: BrowseSums["products"]) {
  for (const [day, names] of counts) for (const [name, count] of names) yield { day, name, count };
}

function add<T>(batch: WriteBatch, to: Collection<T>, { id, about, counts }: RowChange): void {
  const sums = Object.entries(counts).map(([name, count]) => [name, increment(count)]);
  batch.set(documentRef(to, id), { ...about, ...Object.fromEntries(sums) }, { merge: true });
}

/** Returns the changed last views of these users. An erased user gets no new document. */
async function changedViews(viewed: BrowseSums["viewed"]): Promise<UserViews[]> {
  const ids = [...viewed.keys()];
  const known = await readDocuments(userViews, ids);
  const unknown = ids.filter((_, index) => known[index] === undefined);
  const accounts = await readDocuments(users, unknown);
  const erased = new Set(unknown.filter((_, index) => accounts[index]?.erased_at_ms !== undefined));
  return ids.flatMap((user_id, index) => {
    const views = viewed.get(user_id);
    if (!views || erased.has(user_id)) return [];
    return [{ user_id, viewed: applyViews(known[index]?.viewed ?? {}, views) }];
  });
}
