import { clock } from "../../clock.ts";
import { readDocument } from "../../google/firestore.ts";
import { postDrain } from "../outbox/post-drain.ts";
import type { LanePlace } from "../records/lane.ts";
import { lanes } from "../records/lane-store.ts";
import { readEntry } from "../records/ledger.ts";
import { runAgain } from "./react.ts";
import type { ReactionCore } from "./reaction-core.ts";

/** What one task runs at most: at some 50 ms each it ends long before a task's deadline. */
const MAX_DRAINED = 50;

/**
 * Runs what is queued at the head of a lane, one after the other, until one of them fails, the lane is empty, or
 * another task is posted for the rest. Answers whether the task is done.
 */
export async function drain(core: ReactionCore, laneId: string): Promise<boolean> {
  let last: { left: string; n: number } | undefined;
  for (let drained = 0; drained < MAX_DRAINED; drained += 1) {
    const head = await queuedHead(laneId);
    if (!head) return true;
    const entry = await readEntry(head.ledger_id);
    // Somebody else was faster; the lane as it is now tells whether there is more.
    if (entry?.state !== "queued") continue;
    const { n } = entry;
    if (!(await runAgain(core, { id: head.ledger_id, entry, origin: { kind: "drain", n } }))) return false;
    last = { left: head.ledger_id, n };
  }
  if (last) await postDrain({ laneId, reaction: core.name, ...last }, clock.now());
  return true;
}

async function queuedHead(laneId: string): Promise<LanePlace | undefined> {
  const lane = await readDocument(lanes, laneId);
  return lane?.head_is_queued ? lane.places[0] : undefined;
}
