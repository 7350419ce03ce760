import { clock } from "../../clock.ts";
import { readDocument } from "../../google/firestore.ts";
import { log } from "../../log.ts";
import { postDrain } from "../outbox/post-drain.ts";
import { relay } from "../outbox/relay.ts";
import { lanes } from "../records/lane-store.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";
import type { Outcome } from "./outcome.ts";

/**
 * Completes the work of a process that crashed after its commit. Sends the follow-ups and posts the lane's drain. An
 * entry with neither stays as it is.
 * @returns a refused outcome when Cloud Tasks must call again
 */
export async function catchUp(id: string, entry: LedgerEntry): Promise<Outcome> {
  try {
    if (entry.state === "pending") await relay(id, entry);
    const lane = entry.lane && (await readDocument(lanes, entry.lane.id));
    if (entry.lane && lane?.head_is_queued) {
      const { id: laneId, reaction } = entry.lane;
      await postDrain({ laneId, reaction, left: id, n: entry.n }, clock.now());
    }
    return { outcome: "duplicate" };
  } catch (error) {
    log("ERROR", "catch-up.failed", { ledger_id: id, reaction: entry.by, error });
    return { outcome: "refused", error };
  }
}
