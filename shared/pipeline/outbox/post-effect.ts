import { createTask } from "../../google/tasks.ts";
import { hashOf } from "../../values/ids.ts";
import type { EffectRecord } from "../records/effect-record.ts";

/** Has an effect's function look at it. Whoever arms it again raises `arming`, or names itself as the poster. */
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
