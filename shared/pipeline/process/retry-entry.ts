import { PermanentError } from "../../errors.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { readEvent } from "../receive/received-event.ts";
import { isNack } from "../receive/task-routes.ts";
import { generationOf } from "../records/generation.ts";
import { readEntry } from "../records/ledger.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";
import type { Origin } from "../records/ledger-state.ts";
import type { Attempt } from "./attempt.ts";
import { catchUp } from "./catch-up.ts";
import { retryAttempt } from "./create-attempt.ts";
import type { Outcome } from "./outcome.ts";
import { failEvent } from "./process-event.ts";
import { coreIn } from "./projection.ts";
import { firstAttempt, reactInGenerations, reactOnce } from "./react.ts";
import type { ReactionCore } from "./reaction-core.ts";

const READABLE_NOW =
  "the event was unreadable on arrival and is readable now: publish the event again and drop this entry";

/**
 * Retries a deferred or parked entry of a reaction.
 * @param n the failure that the release was posted for; a release of an earlier failure changes nothing
 */
export async function releaseEntry(core: ReactionCore, id: string, n: number): Promise<Outcome> {
  const entry = await readEntry(id);
  if (entry?.by !== core.name) return { outcome: "not-mine" };
  return retryEntry(core, { id, entry, origin: { kind: "release", n } });
}

/** Retries a deferred, parked or queued entry. A final entry is only caught up. */
export async function retryEntry(
  core: ReactionCore,
  { id, entry, origin }: { id: string; entry: LedgerEntry; origin: Origin },
): Promise<Outcome> {
  const attempt = retryAttempt(id, entry, origin);
  if (!attempt) return catchUp(id, entry);
  const { fingerprint } = entry.cause;
  // An older version may have kept the event: reading it like a message gives its current shape.
  const read = readEvent({ data: Buffer.from(entry.event ?? ""), attributes: { fingerprint } });
  if (!read.ok) return failEvent(attempt, new PermanentError(read.reason));
  const { event } = read;
  // The entry of an unreadable message has the message's id. Its event may have an idempotency record under its own.
  if (event.event_id !== entry.cause.id) return failEvent(attempt, new PermanentError(READABLE_NOW));
  if (core.projection) return retryInGenerations(core, attempt, event);
  return reactOnce(core, { attempt: { ...attempt, dedupeDocument: core.dedupeDocument?.(event) }, event });
}

/** Retries an entry of a projection. A dead-lettered event reached no generation, so the other ones get it as well. */
async function retryInGenerations(
  core: ReactionCore,
  attempt: Attempt,
  event: PulseCartEvent,
): Promise<Outcome> {
  const own = coreIn(core, { generation: generationOf(attempt.ledgerId), isLive: false });
  const outcome = await reactOnce(own, { attempt, event });
  const { fingerprint } = attempt.cause;
  const others = firstAttempt(core, event, { publishTime: "", fingerprint });
  const otherOutcome = await reactInGenerations(core, { attempt: others, event });
  return isNack(otherOutcome) ? otherOutcome : outcome;
}
