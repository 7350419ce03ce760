import { eraseGuest } from "../../shared/accounts/erase/erase-guest.ts";
import { clock } from "../../shared/clock.ts";
import { guestErasures } from "../../shared/collections.ts";
import { readDocument } from "../../shared/google/firestore.ts";
import { Problem } from "../../shared/http/problem.ts";
import type { Decision } from "../../shared/pipeline/command.ts";
import { runUnitOfWork } from "../../shared/pipeline/process/run-unit-of-work.ts";
import { newId } from "../../shared/values/ids.ts";
import { STOPPED } from "../cli/run-command.ts";
import type { EraseFlags } from "./erase-flags.ts";
import type { ToolIo } from "./tool.ts";

/**
 * Runs `npm run erase`: decides the erasure as `POST /erasures` does, waits for the first search, prints the result.
 * @returns the exit code; 1 when the erasure is refused
 */
export async function runErase(
  { guest, json }: EraseFlags,
  { io, pause }: { io: ToolIo; pause(): Promise<void> },
): Promise<number> {
  const decided = await decide(guest);
  if (decided instanceof Problem) {
    io.note(decided.message);
    return 1;
  }
  const { erasure_id, users } = decided;
  io.note(`Erasure ${erasure_id} is started. Later searches follow within 46 days.`);
  while ((await readDocument(guestErasures, erasure_id))?.looked_through_at_ms === undefined) {
    if (io.signal.aborted) {
      io.note("The erasure continues.");
      return STOPPED;
    }
    await pause();
  }
  if (json) io.out(JSON.stringify({ erasure_id, status: "erased", users }));
  else io.out([`Erasure ${erasure_id} has searched all documents.`, ...users.map(userLine)].join("\n"));
  return 0;
}

function userLine(userId: string): string {
  return `User ${userId} has this address, too: DELETE /users/${encodeURIComponent(userId)}`;
}

/** Decides the erasure in one unit of work. @returns the Problem when the erasure is refused */
async function decide(
  guest: EraseFlags["guest"],
): Promise<{ erasure_id: string; users: string[] } | Problem> {
  const nowMs = clock.now();
  const erasureId = newId("era", { nowMs });
  const command = { params: {}, body: guest, nowMs, newId: () => erasureId };
  const unit = { by: "accounts", id: erasureId, nowMs, correlationId: erasureId };
  let decision: Decision | undefined;
  try {
    await runUnitOfWork(unit, async work => {
      decision = await eraseGuest(command, work);
    });
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  const { users = [] } = (decision?.body ?? {}) as { users?: string[] };
  return { erasure_id: erasureId, users };
}
