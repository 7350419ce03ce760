import { clock } from "../clock.ts";
import { Poison } from "../errors.ts";
import type { EventType } from "../events/catalogue.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import { log } from "../log.ts";
import type { Failed } from "./failure.ts";
import { recordFailure } from "./failure.ts";
import { relay } from "./follow-up.ts";
import { hashOf } from "./ids.ts";
import { ledgerId, readEntry } from "./ledger.ts";
import type { Cause } from "./ledger-entry.ts";
import type { Message } from "./message.ts";
import { failureEnding } from "./outcome.ts";
import type { Attempt, Met, OwnMark, Settled } from "./perform.ts";
import { CONFLICT, performOrSkip, relayPerformed } from "./perform.ts";
import { causeOf, readEvent, unreadableCause } from "./received-event.ts";
import type { Skip } from "./skip.ts";
import { skip } from "./skip.ts";
import type { Work } from "./unit-of-work.ts";

/** What a reaction is made of, without the door it is reached through. */
export interface ReactionCore {
  name: string;
  handlers: ReadonlyMap<EventType, (event: PulseCartEvent, work: Work) => Promise<Skip | void>>;
  ownMark?: (event: PulseCartEvent) => OwnMark;
}

/** How one delivery or release ended. Refused: it must come again; all else is acknowledged. */
type Ending = {
  outcome: "done" | "skipped" | "duplicate" | "deferred" | "parked" | "conflict" | "refused" | "not-mine";
  reason?: string;
  follow_ups?: readonly string[];
  error?: unknown;
};

/** Handles one Pub/Sub message. Answers whether it may be acknowledged. Never throws. */
export async function react(core: ReactionCore, message: Message): Promise<boolean> {
  const nowMs = clock.now();
  const read = readEvent(message);
  if (!read.ok) {
    const cause = unreadableCause(message);
    const attempt = {
      ledgerId: ledgerId(core.name, cause),
      by: core.name,
      cause,
      nowMs,
    };
    const ending = await guarded(() => park(attempt, message.data.toString("utf8"), read.reason));
    return finish(attempt, ending);
  }
  const cause = causeOf(read.event, read.fingerprint);
  const attempt = attemptOf(core, read.event, { cause, nowMs });
  return finish(attempt, await guarded(() => run(core, attempt, read.event)));
}

/** Tries a deferred entry again, if it still is where the release expects it. Answers whether the task is done. */
export async function release(core: ReactionCore, id: string, n: number): Promise<boolean> {
  const nowMs = clock.now();
  const entry = await readEntry(id);
  if (entry?.by !== core.name || entry.event === undefined) return true;
  const event: PulseCartEvent = JSON.parse(entry.event);
  const attempt = {
    ...attemptOf(core, event, { cause: entry.cause, nowMs }),
    ledgerId: id,
    releaseOf: n,
  };
  return finish(attempt, await guarded(() => run(core, attempt, event)));
}

function attemptOf(
  core: ReactionCore,
  event: PulseCartEvent,
  { cause, nowMs }: { cause: Cause; nowMs: number },
) {
  const id = ledgerId(core.name, cause);
  const attempt: Attempt = { ledgerId: id, by: core.name, cause, nowMs };
  return core.ownMark ? { ...attempt, ownMark: core.ownMark(event) } : attempt;
}

async function run(core: ReactionCore, attempt: Attempt, event: PulseCartEvent): Promise<Ending> {
  const handle = core.handlers.get(event.event_type) ?? noLongerHandled;
  // Where filters are not enforced, other types arrive too; an entry that was set aside must end, though.
  if (handle === noLongerHandled && attempt.releaseOf === undefined) return { outcome: "not-mine" };
  let performed: Settled;
  try {
    performed = await performOrSkip(attempt, work => handle(event, work));
  } catch (error) {
    return fail(attempt, event, error);
  }
  if (performed.kind === "met" && isConflict(performed.entry, attempt)) return parkConflict(attempt, event);
  await relayPerformed(attempt.ledgerId, performed);
  return endingOf(performed);
}

async function noLongerHandled(): Promise<Skip> {
  return skip("this reaction no longer handles this type");
}

/** The same producer and id with another fingerprint, and nothing else, is a conflict. */
function isConflict(met: Met | undefined, { cause }: Attempt): boolean {
  return met !== undefined && met.cause.fingerprint !== cause.fingerprint;
}

function endingOf(performed: Settled): Ending {
  if (performed.kind === "met") {
    return {
      outcome: "duplicate",
      reason: performed.entry ? `is already ${performed.entry.state}` : "its entry is gone",
    };
  }
  if (performed.state === "skipped") return { outcome: "skipped", reason: performed.reason ?? "" };
  const followUps = performed.followUps.map(f => (f.kind === "event" ? f.event_id : f.timer));
  return {
    outcome: "done",
    ...(followUps.length > 0 ? { follow_ups: followUps } : {}),
  };
}

async function fail(attempt: Attempt, event: PulseCartEvent, error: unknown): Promise<Ending> {
  // With the platform in trouble, asking Firestore again would only take longer.
  if (failureEnding(error, 0).kind === "refuse") return { outcome: "refused", error };
  const failed = await recordFailure(attempt, JSON.stringify(event), error);
  if (failed.kind !== "met") return failureOf(failed, error);
  if (isConflict(failed.entry, attempt)) return parkConflict(attempt, event);
  if (failed.entry?.state === "pending") await relay(attempt.ledgerId, failed.entry);
  return { outcome: "duplicate", reason: `is already ${failed.entry?.state ?? "gone"}` };
}

/** The same producer and id with other content: the first one stands, this one waits for a person beside it. */
async function parkConflict(attempt: Attempt, event: PulseCartEvent): Promise<Ending> {
  const { releaseOf: _none, ...first } = attempt;
  const beside = { ...first, ledgerId: `${attempt.ledgerId}~${hashOf(attempt.cause.fingerprint)}` };
  const ending = await park(beside, JSON.stringify(event), CONFLICT);
  return ending.outcome === "parked" ? { ...ending, outcome: "conflict" } : ending;
}

/** Sets a message aside for a person, without a further try. */
async function park(attempt: Attempt, kept: string, reason: string): Promise<Ending> {
  const error = new Poison(reason);
  const failed = await recordFailure(attempt, kept, error);
  if (failed.kind === "met")
    return { outcome: "duplicate", reason: `is already ${failed.entry?.state ?? "gone"}` };
  return failureOf(failed, error);
}

function failureOf(failed: Exclude<Failed, { kind: "met" }>, error: unknown): Ending {
  if (failed.kind === "refused") return { outcome: "refused", error };
  return { outcome: failed.kind, reason: failed.reason, error };
}

/** Whatever goes wrong around an attempt leaves the message with Pub/Sub: nothing is lost by trying again. */
async function guarded(attempt: () => Promise<Ending>): Promise<Ending> {
  try {
    return await attempt();
  } catch (error) {
    return { outcome: "refused", error };
  }
}

const severities = {
  deferred: "WARNING",
  parked: "ERROR",
  conflict: "ERROR",
  refused: "ERROR",
} as const;

/** The one line an invocation leaves. */
function finish(attempt: Attempt, { outcome, ...details }: Ending): boolean {
  const severity = outcome in severities ? severities[outcome as keyof typeof severities] : "INFO";
  log(severity, "reaction.finished", {
    reaction: attempt.by,
    outcome,
    event_type: attempt.cause.event_type,
    event_id: attempt.cause.id,
    subject: attempt.cause.subject,
    correlation_id: attempt.cause.correlation_id,
    ...details,
    ...(attempt.releaseOf === undefined ? {} : { release_of: attempt.releaseOf }),
    ms: clock.now() - attempt.nowMs,
    traceparent: attempt.cause.traceparent,
  });
  return outcome !== "refused";
}
