import { createTask } from "../../google/tasks.ts";
import { hashOf } from "../../values/ids.ts";

/** The queue of releases, drains and replays, shared by all reactions. */
export const RELEASES = "releases";

/** Posts the task that retries one deferred or parked entry. `n` fences the task: after a later failure it does nothing. */
export function releaseAt(release: {
  ledgerId: string;
  reaction: string;
  n: number;
  dueMs: number;
  /** Part of the task's name, so that another poster can post the same release again. */
  poster: string;
}): Promise<void> {
  const { ledgerId, reaction, n, dueMs, poster } = release;
  return createTask({
    queue: RELEASES,
    name: hashOf(ledgerId, n, poster),
    functionName: reaction,
    path: "/release",
    body: { ledger_id: ledgerId, n },
    dueMs,
  });
}
