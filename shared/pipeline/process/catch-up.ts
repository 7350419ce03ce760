import { clock } from "../../clock.ts";
import { readDocument } from "../../google/firestore.ts";
import { log } from "../../log.ts";
import { postDrain } from "../outbox/post-drain.ts";
import { relay } from "../outbox/relay.ts";
import { lanes } from "../records/lane-store.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";

/**
 * For a task that comes again after its work was committed: sends what its process did not live to send, and wakes
 * whoever waited behind it. Answers whether the task is done.
 */
export async function catchUp(id: string, entry: LedgerEntry): Promise<boolean> {
  try {
    if (entry.state === "pending") await relay(id, entry);
    const lane = entry.lane && (await readDocument(lanes, entry.lane.id));
    if (entry.lane && lane?.head_is_queued) {
      const { id: laneId, reaction } = entry.lane;
      await postDrain({ laneId, reaction, left: id, n: entry.n }, clock.now());
    }
    return true;
  } catch (error) {
    log("ERROR", "catch-up.failed", { ledger_id: id, reaction: entry.by, error });
    return false;
  }
}
