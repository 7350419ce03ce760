import { createTask } from "../../google/tasks.ts";
import { hashOf } from "../../values/ids.ts";
import type { EffectRecord } from "../records/effect-record.ts";

/** Posts the task that sends an effect. Arming again needs a new task name: a higher `arming` or another poster. */
export function armEffect(
  id: string,
  { effect, arming, due_at_ms }: Pick<EffectRecord, "effect" | "arming" | "due_at_ms">,
  poster = "plan",
): Promise<void> {
  return createTask({
    queue: effect,
    name: hashOf(id, arming, poster),
    functionName: effect,
    path: "/",
    body: { effect_id: id },
    dueMs: due_at_ms,
  });
}
