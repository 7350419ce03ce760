import type { Transaction } from "../../google/firestore.ts";
import { collection, documentRef } from "../../google/firestore.ts";
import { createTask } from "../../google/tasks.ts";
import { log } from "../../log.ts";
import { hashOf } from "../../values/ids.ts";
import { RELEASES } from "../outbox/post-release.ts";
import type { Lane } from "./lane.ts";

export const lanes = collection<Lane>("lanes");

export async function readLane(id: string, transaction: Transaction): Promise<Lane | undefined> {
  const snapshot = await transaction.get(documentRef(lanes, id));
  return snapshot.data() as Lane | undefined;
}

/** A lane nobody waits in is deleted: that it exists is what makes others wait. */
export function writeLane(id: string, lane: Lane | undefined, transaction: Transaction): void {
  if (lane) transaction.set(documentRef(lanes, id), lane);
  else transaction.delete(documentRef(lanes, id));
}

/** Who is to be woken because another event left the lane. */
export interface Drain {
  laneId: string;
  reaction: string;
  /** The entry that left and its `n`: the task is named by them, so that each departure wakes once. */
  left: string;
  n: number;
}

/** Has a reaction go on with the head of a lane. One that cannot be posted is found by the sweep. */
export async function postDrain({ laneId, reaction, left, n }: Drain, dueMs: number): Promise<void> {
  try {
    await createTask({
      queue: RELEASES,
      name: hashOf("drain", laneId, left, n),
      functionName: reaction,
      path: "/drain",
      body: { lane_id: laneId },
      dueMs,
    });
  } catch (error) {
    log("WARNING", "drain.postponed", { lane_id: laneId, reaction, error });
  }
}
