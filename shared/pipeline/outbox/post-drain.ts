import { createTask } from "../../google/tasks.ts";
import { log } from "../../log.ts";
import { hashOf } from "../../values/ids.ts";
import { RELEASES } from "./post-release.ts";

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
