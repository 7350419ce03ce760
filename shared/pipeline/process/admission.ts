import type { Transaction } from "../../google/firestore.ts";
import type { Lane } from "../records/lane.ts";
import { laneStatusOf } from "../records/lane.ts";
import { readLane } from "../records/lane-store.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";
import { admit } from "../records/ledger-state.ts";
import type { Attempt } from "./attempt.ts";
import { readEntryInside } from "./existing-entry.ts";

/** The records that an attempt found, and its permission, inside the transaction that may change them. */
export interface Admission {
  before: LedgerEntry | undefined;
  lane: Lane | undefined;
  may: ReturnType<typeof admit>;
}

/**
 * Reads the records of an attempt and decides whether it may run.
 * @param willCreate skips the read of the ledger entry. A delivery creates its entry, and that create fails where the
 * entry exists: every event saves a round trip.
 */
export async function admitAttempt(
  transaction: Transaction,
  attempt: Attempt,
  { willCreate }: { willCreate: boolean },
): Promise<Admission> {
  const { ledgerId, origin } = attempt;
  const before = willCreate ? undefined : await readEntryInside(transaction, attempt);
  const lane = attempt.lane && (await readLane(attempt.lane.id, transaction));
  return { before, lane, may: admit(origin, before, attempt.lane ? laneStatusOf(lane, ledgerId) : "none") };
}
