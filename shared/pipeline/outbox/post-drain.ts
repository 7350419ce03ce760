import { createTask } from "../../google/tasks.ts";
import { log } from "../../log.ts";
import { hashOf } from "../../values/ids.ts";
import { RELEASES } from "./post-release.ts";

/** A lane whose head can run, because another event left the lane. */
export interface Drain {
  laneId: string;
  reaction: string;
  /** Ledger id of the event that left. Together with `n` it names the task: each departure posts one task. */
  left: string;
  n: number;
}

/** Posts the task that runs the head of a lane. A lost task is found by the sweep. */
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
