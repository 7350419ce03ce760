import { documentRef } from "../../../../shared/google/firestore.ts";
import { ledger, ledgerId, newEntry } from "../../../../shared/pipeline/records/ledger.ts";
import type { LedgerEntry } from "../../../../shared/pipeline/records/ledger-entry.ts";
import type { Cell } from "../stage/scenario.ts";
import type { Stage } from "../stage/stage.ts";
import { addedItem } from "./calls.ts";

/** Handles messages that the scenario depends on, in their order. */
export async function handle(
  stage: Stage,
  cell: Cell,
  functionName: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const answer = await stage.call(addedItem(functionName, cell, { name }));
    if (answer?.status !== 204) {
      throw new Error(
        `Preparation by ${functionName} of message ${name} failed: expected status 204, got ${answer?.status}`,
      );
    }
  }
}

/**
 * Messages that succeed for each message that fails.
 * The circuit breaker of a reaction opens when every other message fails, and then no message is deferred.
 */
const SUCCESSES_PER_FAILURE = 3;

async function handleFailing(
  stage: Stage,
  cell: Cell,
  functionName: string,
  names: readonly string[],
): Promise<void> {
  stage.externalSystem.behaviours.set(cell.key, "throws");
  await handle(stage, cell, functionName, names);
  stage.externalSystem.behaviours.delete(cell.key);
  const other: Cell = { ...cell, key: `${cell.key}_other`, eventId: name => `${cell.eventId(name)}_other` };
  await handle(stage, other, functionName, new Array(SUCCESSES_PER_FAILURE).fill("it"));
}

/** Makes the event fail once, so that the message under test is its release. */
export const failOnce = (cell: Cell, stage: Stage) => handleFailing(stage, cell, "flaky", ["it"]);

/** Makes the first event of a key fail, and queues the named events behind it. */
export const queueBehind = (names: readonly string[]) => (cell: Cell, stage: Stage) =>
  handleFailing(stage, cell, "ordered", ["A", ...names]);

/** Parks a message that bypassed ingest and was no event at that time. */
export async function parkUnadopted({ key, eventId }: Cell): Promise<void> {
  const cause = {
    producer: "user-events",
    id: eventId("it"),
    event_type: "unknown",
    subject: key,
    fingerprint: "",
    correlation_id: key,
  };
  const event = { event_type: "user.segment_changed", user_id: key, payload: { segment: "tried" } };
  const entry: LedgerEntry = {
    ...newEntry("adopter", cause, Date.now()),
    state: "parked",
    n: 1,
    reason: "not an event (unknown_type)",
    event: JSON.stringify(event),
  };
  await documentRef(ledger, ledgerId("adopter", cause)).create(entry);
}
