import { createTask } from "../../google/tasks.ts";
import { hashOf } from "../../values/ids.ts";

/** The queue of releases and drains, shared by all reactions. */
export const RELEASES = "releases";

/** Has a reaction try one deferred or parked entry again. `n` fences it: once the entry moved on, it does nothing. */
export function releaseAt(release: {
  ledgerId: string;
  reaction: string;
  n: number;
  dueMs: number;
  /** Who posts it, part of the task's name: the same release may be posted again by somebody else. */
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
