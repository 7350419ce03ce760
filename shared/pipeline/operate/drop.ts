import { inTransaction } from "../../google/firestore.ts";
import type { Drain } from "../outbox/post-drain.ts";
import { postDrain } from "../outbox/post-drain.ts";
import { leaveLane } from "../process/attempt.ts";
import type { Act, Outcome } from "../records/audit.ts";
import { isOnRecord, putOnRecord } from "../records/audit.ts";
import { readLane } from "../records/lane-store.ts";
import { expiry, ledgerRef, readEntry } from "../records/ledger.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";
import { checkMove, isDroppable } from "../records/ledger-state.ts";
import { aboutEntry } from "./release.ts";

/**
 * Gives up an entry for good, if it still stands where the person saw it (`n`): its event is forgotten, whoever
 * waited behind it goes on, and the act is put on record, in one transaction.
 * @throws what Firestore threw; nothing is known to have changed then, and doing it again is safe
 */
export async function drop({ ledgerId, n }: { ledgerId: string; n: number }, act: Act): Promise<Outcome> {
  const dropped = await inTransaction<{ outcome: Outcome; drain?: Drain }>(async transaction => {
    const before = await readEntry(ledgerId, transaction);
    if (!before) return { outcome: { done: false, why: "there is no such entry" } };
    const lane = before.lane && (await readLane(before.lane.id, transaction));
    const isMine = await isOnRecord(transaction, act, ledgerId);
    if (isMine && before.state === "dropped") return { outcome: DROPPED };
    const refused = refusal(before, n);
    if (refused) return { outcome: { done: false, why: refused } };
    const { nowMs } = act;
    transaction.set(ledgerRef(ledgerId), givenUp(before, act));
    const drain = leaveLane(
      transaction,
      { ledgerId, nowMs, ...(before.lane && { lane: before.lane }) },
      { lane, before },
    );
    if (!isMine) putOnRecord(transaction, act, { did: "drop", ...aboutEntry(ledgerId, before) });
    return { outcome: DROPPED, ...(drain && { drain }) };
  });
  if (dropped.drain) await postDrain(dropped.drain, act.nowMs);
  return dropped.outcome;
}

const DROPPED: Outcome = { done: true, what: "dropped" };

function refusal(entry: LedgerEntry, n: number): string | undefined {
  if (!isDroppable(entry)) return `it is ${entry.state}: only what is parked or queued can be dropped`;
  if (entry.n !== n) return "it was tried again meanwhile: look again";
  return undefined;
}

function givenUp(before: LedgerEntry, { who, reason, nowMs }: Act): LedgerEntry {
  checkMove(before, "dropped");
  const { event: _forgotten, due_at_ms: _never, ...rest } = before;
  const why = `dropped by ${who}${reason === undefined ? "" : `: ${reason}`}`;
  return { ...rest, state: "dropped", reason: why, changed_at_ms: nowMs, ...expiry(nowMs) };
}
