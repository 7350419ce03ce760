import { inTransaction } from "../../google/firestore.ts";
import type { Drain } from "../outbox/post-drain.ts";
import { postDrain } from "../outbox/post-drain.ts";
import { releaseAt } from "../outbox/post-release.ts";
import type { Act, AuditRecord, Outcome } from "../records/audit.ts";
import { isOnRecord, putOnRecord } from "../records/audit.ts";
import { readLane } from "../records/lane-store.ts";
import { readEntry } from "../records/ledger.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";

/**
 * Has a parked or deferred entry tried again now, if it still stands where the person saw it (`n`). It stays as it
 * is until that try commits, and the try is fenced by `n`: two of them change the state once. The act is on record
 * before the task is posted; a task that was lost is posted again by another act, whose name is in the task's.
 * @throws what Firestore or Cloud Tasks threw; doing it again is safe
 */
export async function releaseByPerson(
  { ledgerId, n }: { ledgerId: string; n: number },
  act: Act,
): Promise<Outcome> {
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

/** Why an entry cannot be tried again; undefined when it can. */
function refusal(entry: LedgerEntry, n: number): string | undefined {
  const { state, by, event } = entry;
  if (state === "queued") return "it waits behind another one in its lane: release that one";
  if (state !== "parked" && state !== "deferred") return `it is ${state}`;
  if (entry.n !== n) return "it was tried again meanwhile: look again";
  if (by === "dead-letters") return "it belongs to no reaction that could try it: drop it";
  if (event === undefined) return "its event was too large to keep: drop it";
  return undefined;
}

/**
 * Has the head of a lane go on: a failed one is tried again, a queued one is drained.
 * @throws what Firestore or Cloud Tasks threw; doing it again is safe
 */
export async function releaseLane(laneId: string, act: Act): Promise<Outcome> {
  type Head = { failed: string; n: number } | { queued: Drain } | { why: string };
  const head = await inTransaction<Head>(async transaction => {
    const lane = await readLane(laneId, transaction);
    const [first] = lane?.places ?? [];
    if (!lane || !first) return { why: "there is no such lane: nobody waits in it" };
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
  return { done: true, what: "set going" };
}

/** What an audit record says about the entry it was done to. */
export function aboutEntry(
  target: string,
  { by, cause, state, n }: LedgerEntry,
): Pick<AuditRecord, "target" | "reaction" | "event_id" | "event_type" | "subject" | "from"> {
  const { id, event_type, subject } = cause;
  return { target, reaction: by, event_id: id, event_type, subject, from: { state, n } };
}
