import type { Query, QuerySnapshot } from "../../google/firestore.ts";
import { collection, documentRef, firestore, readDocument } from "../../google/firestore.ts";
import type { EffectRecord } from "../records/effect-record.ts";
import { effects } from "../records/effect-record.ts";
import type { Lane } from "../records/lane.ts";
import { lanes } from "../records/lane-store.ts";
import { ledger, SWEEP_GRACE_MS } from "../records/ledger.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";

/** Max items of each kind per sweep. At some 20 ms per overdue item a run ends before the next begins. */
export const MAX_OVERDUE = 1_000;

/** The place where the next run continues: items that are not overdue must not hide overdue ones forever. */
const cursors = collection<{ after: string }>("cursors");

export type Overdue = Pick<LedgerEntry, "by" | "n" | "state"> & { id: string };

/** Reads pending and deferred entries that are overdue, among at most MAX_OVERDUE unfinished ones per run. */
export async function overdueEntries(nowMs: number): Promise<Overdue[]> {
  const unfinished = firestore()
    .collection(ledger.name)
    .where("state", "in", ["pending", "deferred"])
    .select("by", "n", "state", "due_at_ms");
  const { docs } = await nextOf("sweep", unfinished);
  return docs
    .map(document => ({ id: document.id, ...(document.data() as LedgerEntry) }))
    .filter(({ due_at_ms = 0 }) => due_at_ms <= nowMs);
}

/** Reads lanes whose queued head no drain has run for a minute. */
export async function overdueLanes(nowMs: number): Promise<(Lane & { id: string })[]> {
  const queued = firestore().collection(lanes.name).where("head_is_queued", "==", true);
  const { docs } = await nextOf("sweep-lanes", queued);
  return docs
    .map(document => ({ id: document.id, ...(document.data() as Lane) }))
    .filter(lane => lane.changed_at_ms + SWEEP_GRACE_MS <= nowMs);
}

/** Reads effects that are overdue, and effects whose lease holder is overdue. */
export async function overdueEffects(nowMs: number): Promise<(EffectRecord & { id: string })[]> {
  const unfinished = firestore().collection(effects.name).where("state", "in", ["planned", "sending"]);
  const { docs } = await nextOf("sweep-effects", unfinished);
  return docs
    .map(document => ({ id: document.id, ...(document.data() as EffectRecord) }))
    .filter(({ due_at_ms }) => due_at_ms + SWEEP_GRACE_MS <= nowMs);
}

/** Reads MAX_OVERDUE results of a query in the order of their ids. More results are read in turn, run by run. */
async function nextOf(cursor: string, found: Query): Promise<QuerySnapshot> {
  const ordered = found.orderBy("__name__").limit(MAX_OVERDUE);
  const first = await ordered.get();
  if (first.size < MAX_OVERDUE) return first;
  const from = (await readDocument(cursors, cursor))?.after ?? "";
  const next = await (from === "" ? ordered : ordered.startAfter(from)).get();
  const after = next.size < MAX_OVERDUE ? "" : (next.docs.at(-1)?.id ?? "");
  await documentRef(cursors, cursor).set({ after });
  return next;
}
