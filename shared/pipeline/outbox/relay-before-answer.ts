import { firestore } from "../../google/firestore.ts";
import { log } from "../../log.ts";
import { ledger } from "../records/ledger.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";
import { relay } from "./relay.ts";

/** Max time before the answer, in milliseconds. After the answer an instance may get no CPU: the sweep sends the rest. */
const RELAY_BEFORE_ANSWER_MS = 500;

/** Max unsent entries of one aggregate. More are a backlog, which the sweep sends. */
const MAX_RELAYED = 20;

/** Sends the unsent follow-ups of an aggregate, oldest first, until the answer is due. */
export async function relayBeforeAnswer(aggregate: string): Promise<void> {
  const outOfTime = new Promise<void>(resolve => setTimeout(resolve, RELAY_BEFORE_ANSWER_MS).unref());
  await Promise.race([relayPending(aggregate), outOfTime]);
}

async function relayPending(aggregate: string): Promise<void> {
  try {
    const pending = await firestore()
      .collection(ledger.name)
      .where("aggregate", "==", aggregate)
      .where("state", "==", "pending")
      .limit(MAX_RELAYED)
      .get();
    const entries = pending.docs.map(document => ({
      id: document.id,
      ...(document.data() as LedgerEntry),
    }));
    entries.sort((a, b) => a.created_at_ms - b.created_at_ms);
    for (const entry of entries) await relay(entry.id, entry);
  } catch (error) {
    log("WARNING", "relay.postponed", { aggregate, error });
  }
}
