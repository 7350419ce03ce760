import type { Query, QuerySnapshot } from "../../google/firestore.ts";
import { collection, documentRef, firestore, readDocument } from "../../google/firestore.ts";
import type { EffectRecord } from "../records/effect-record.ts";
import { effects } from "../records/effect-record.ts";
import type { Lane } from "../records/lane.ts";
import { lanes } from "../records/lane-store.ts";
import { ledger, SWEEP_GRACE_MS } from "../records/ledger.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";

/** What the sweep looks at of each kind: at some 20 ms for one that is overdue it ends before the next begins. */
export const MAX_LOOKED_AT = 1_000;

/** Where the next run goes on: what is not overdue must not stand for ever before what is. */
const cursors = collection<{ after: string }>("cursors");

export type Overdue = Pick<LedgerEntry, "by" | "n" | "state"> & { id: string };

/** Unfinished entries that nobody moved in time, among a thousand: all there are, or the next of more. */
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

/** Lanes whose head nobody has taken for a minute. */
export async function overdueLanes(nowMs: number): Promise<(Lane & { id: string })[]> {
  const waiting = firestore().collection(lanes.name).where("head_is_queued", "==", true);
  const { docs } = await nextOf("sweep-lanes", waiting);
  return docs
    .map(document => ({ id: document.id, ...(document.data() as Lane) }))
    .filter(lane => lane.changed_at_ms + SWEEP_GRACE_MS <= nowMs);
}

/** Effects whose time came a while ago, and those whose holder should have come back. */
export async function overdueEffects(nowMs: number): Promise<(EffectRecord & { id: string })[]> {
  const unfinished = firestore().collection(effects.name).where("state", "in", ["planned", "sending"]);
  const { docs } = await nextOf("sweep-effects", unfinished);
  return docs
    .map(document => ({ id: document.id, ...(document.data() as EffectRecord) }))
    .filter(({ due_at_ms }) => due_at_ms + SWEEP_GRACE_MS <= nowMs);
}

/** A thousand of what a query finds, in the order of their ids; of more, those after the last run's, round and round. */
async function nextOf(cursor: string, found: Query): Promise<QuerySnapshot> {
  const ordered = found.orderBy("__name__").limit(MAX_LOOKED_AT);
  const first = await ordered.get();
  if (first.size < MAX_LOOKED_AT) return first;
  const from = (await readDocument(cursors, cursor))?.after ?? "";
  const next = await (from === "" ? ordered : ordered.startAfter(from)).get();
  const after = next.size < MAX_LOOKED_AT ? "" : (next.docs.at(-1)?.id ?? "");
  await documentRef(cursors, cursor).set({ after });
  return next;
}
