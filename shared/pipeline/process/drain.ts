import { clock } from "../../clock.ts";
import { readDocument } from "../../google/firestore.ts";
import { postDrain } from "../outbox/post-drain.ts";
import { isNack } from "../receive/task-routes.ts";
import type { LanePlace } from "../records/lane.ts";
import { lanes } from "../records/lane-store.ts";
import { readEntry } from "../records/ledger.ts";
import type { Outcome } from "./outcome.ts";
import type { ReactionCore } from "./reaction-core.ts";
import { retryEntry } from "./retry-entry.ts";

/** Max events per drain task. An event takes some 50 ms, so the task ends long before its deadline. */
const MAX_DRAINED = 50;

/**
 * Runs the queued events at the head of a lane one after the other. Stops when an event fails or the lane is empty;
 * after MAX_DRAINED events another task takes the rest.
 * @returns a refused outcome when Cloud Tasks must call again
 */
export async function drain(core: ReactionCore, laneId: string): Promise<Outcome> {
  let last: { left: string; n: number } | undefined;
  for (let drained = 0; drained < MAX_DRAINED; drained += 1) {
    const head = await queuedHead(laneId);
    if (!head) return { outcome: "done" };
    const entry = await readEntry(head.ledger_id);
    // Another process took this event; the next read of the lane shows whether more are queued.
    if (entry?.state !== "queued") continue;
    const { n } = entry;
    const outcome = await retryEntry(core, { id: head.ledger_id, entry, origin: { kind: "drain", n } });
    if (isNack(outcome)) return outcome;
    last = { left: head.ledger_id, n };
  }
  if (last) await postDrain({ laneId, reaction: core.name, ...last }, clock.now());
  return { outcome: "done" };
}

async function queuedHead(laneId: string): Promise<LanePlace | undefined> {
  const lane = await readDocument(lanes, laneId);
  return lane?.head_is_queued ? lane.places[0] : undefined;
}
