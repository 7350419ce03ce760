import { inTransaction } from "../../google/firestore.ts";
import type { Drain } from "../outbox/post-drain.ts";
import { postDrain } from "../outbox/post-drain.ts";
import { releaseAt } from "../outbox/post-release.ts";
import type { Act, ActResult, AuditRecord } from "../records/audit.ts";
import { isOnRecord, putOnRecord } from "../records/audit.ts";
import { readLane } from "../records/lane-store.ts";
import { readEntry } from "../records/ledger.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";

/**
 * Retries a parked or deferred entry now, if it still has the failure count `n` that the operator saw. The entry stays
 * parked or deferred until the retry commits. A parked entry whose retry fails is parked again. The count fences the retry: two retries change the state once.
 *
 * The action is recorded before the task is posted. After a lost task, another action posts a task with another name.
 * @throws the error of Firestore or Cloud Tasks; releasing again is safe
 */
export async function releaseByPerson(
  { ledgerId, n }: { ledgerId: string; n: number },
  act: Act,
): Promise<ActResult> {
  const asked = await inTransaction<{ entry: LedgerEntry } | { why: string }>(async transaction => {
    const entry = await readEntry(ledgerId, transaction);
    if (!entry) return { why: "there is no such entry" };
    const isMine = await isOnRecord(transaction, act, ledgerId);
    const why = refusal(entry, n);
    if (why !== undefined) return { why };
    if (!isMine) putOnRecord(transaction, act, { did: "release", ...aboutEntry(ledgerId, entry) });
    return { entry };
  });
  if ("why" in asked) return { done: false, why: asked.why };
  await releaseAt({ ledgerId, reaction: asked.entry.by, n, dueMs: act.nowMs, poster: act.id });
  return { done: true, what: "released" };
}

/** @returns the reason why no retry is possible; undefined when a retry is possible */
function refusal(entry: LedgerEntry, n: number): string | undefined {
  const { state, by, event } = entry;
  if (state === "queued")
    return "the entry waits behind another event of its lane: release the head of the lane";
  if (state !== "parked" && state !== "deferred") return `the entry is ${state}`;
  if (entry.n !== n) return "the entry was tried again meanwhile: look again";
  if (by === "dead-letters") return "the entry belongs to no reaction: drop the entry";
  if (event === undefined) return "the event was too large to keep: drop the entry";
  return undefined;
}

/**
 * Runs the head of a lane: a failed head is retried, a queued head is drained.
 * @throws the error of Firestore or Cloud Tasks; releasing again is safe
 */
export async function releaseLane(laneId: string, act: Act): Promise<ActResult> {
  type Head = { failed: string; n: number } | { queued: Drain } | { why: string };
  const head = await inTransaction<Head>(async transaction => {
    const lane = await readLane(laneId, transaction);
    const [first] = lane?.places ?? [];
    if (!lane || !first) return { why: "there is no such lane: no event waits in it" };
    const entry = await readEntry(first.ledger_id, transaction);
    const isMine = await isOnRecord(transaction, act, laneId);
    if (!first.is_queued) return { failed: first.ledger_id, n: entry?.n ?? 0 };
    const { reaction } = lane;
    if (!isMine) putOnRecord(transaction, act, { did: "drain", target: laneId, reaction });
    return { queued: { laneId, reaction, left: act.id, n: 0 } };
  });
  if ("why" in head) return { done: false, why: head.why };
  if ("failed" in head) return releaseByPerson({ ledgerId: head.failed, n: head.n }, act);
  await postDrain(head.queued, act.nowMs);
  return { done: true, what: "drain posted" };
}

/** Returns the fields of an audit record that describe its ledger entry. */
export function aboutEntry(
  target: string,
  { by, cause, state, n }: LedgerEntry,
): Pick<AuditRecord, "target" | "reaction" | "event_id" | "event_type" | "subject" | "from"> {
  const { id, event_type, subject } = cause;
  return { target, reaction: by, event_id: id, event_type, subject, from: { state, n } };
}
