import { inTransaction } from "../../google/firestore.ts";
import type { Drain } from "../outbox/post-drain.ts";
import { postDrain } from "../outbox/post-drain.ts";
import { leaveLane } from "../process/entry-writer.ts";
import type { Act, ActResult } from "../records/audit.ts";
import { isOnRecord, putOnRecord } from "../records/audit.ts";
import { readLane } from "../records/lane-store.ts";
import { expiry, ledgerRef, readEntry } from "../records/ledger.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";
import { checkMove, isDroppable } from "../records/ledger-state.ts";
import { aboutEntry } from "./release.ts";

/**
 * Drops an entry permanently, if it still has the failure count `n` that the operator saw. One transaction deletes its
 * event, removes it from its lane and records the action.
 * @throws the error of Firestore. The result is unknown then, and dropping again is safe.
 */
export async function drop({ ledgerId, n }: { ledgerId: string; n: number }, act: Act): Promise<ActResult> {
  const dropped = await inTransaction<{ result: ActResult; drain?: Drain }>(async transaction => {
    const before = await readEntry(ledgerId, transaction);
    if (!before) return { result: { done: false, why: "there is no such entry" } };
    const lane = before.lane && (await readLane(before.lane.id, transaction));
    const isMine = await isOnRecord(transaction, act, ledgerId);
    if (isMine && before.state === "dropped") return { result: DROPPED };
    const refused = refusal(before, n);
    if (refused) return { result: { done: false, why: refused } };
    const { nowMs } = act;
    transaction.set(ledgerRef(ledgerId), droppedEntry(before, act));
    const drain = leaveLane(transaction, { ledgerId, nowMs, lane: before.lane }, { lane, before });
    if (!isMine) putOnRecord(transaction, act, { did: "drop", ...aboutEntry(ledgerId, before) });
    return { result: DROPPED, drain };
  });
  if (dropped.drain) await postDrain(dropped.drain, act.nowMs);
  return dropped.result;
}

const DROPPED: ActResult = { done: true, what: "dropped" };

function refusal(entry: LedgerEntry, n: number): string | undefined {
  if (!isDroppable(entry))
    return `the entry is ${entry.state}: only parked and queued entries can be dropped`;
  if (entry.n !== n) return "the entry was tried again meanwhile: look again";
  return undefined;
}

function droppedEntry(before: LedgerEntry, { who, reason, nowMs }: Act): LedgerEntry {
  checkMove(before, "dropped");
  const { event: _event, due_at_ms: _due, ...rest } = before;
  const why = `dropped by ${who}${reason === undefined ? "" : `: ${reason}`}`;
  return { ...rest, state: "dropped", reason: why, changed_at_ms: nowMs, ...expiry(nowMs) };
}
