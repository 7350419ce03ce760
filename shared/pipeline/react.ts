import { clock } from "../clock.ts";
import { Poison } from "../errors.ts";
import type { EventType } from "../events/catalogue.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import { log } from "../log.ts";
import type { Attempt, OwnMark } from "./attempt.ts";
import type { Brake } from "./brake.ts";
import type { Failed } from "./failure.ts";
import { recordFailure } from "./failure.ts";
import { relay } from "./follow-up.ts";
import { hashOf } from "./ids.ts";
import type { LaneTicket } from "./lane.ts";
import { laneTicket } from "./lane.ts";
import { ledgerId, readEntry } from "./ledger.ts";
import type { FollowUp, LedgerEntry } from "./ledger-entry.ts";
import type { Origin } from "./ledger-state.ts";
import { DELIVERY } from "./ledger-state.ts";
import type { Message } from "./message.ts";
import { failureEnding } from "./outcome.ts";
import type { Met, Settled } from "./perform.ts";
import { CONFLICT, performOrSkip, relayPerformed } from "./perform.ts";
import { causeOf, laneKeyOf, readEvent, unreadableCause } from "./received-event.ts";
import type { Skip } from "./skip.ts";
import { skip } from "./skip.ts";
import type { Work } from "./unit-of-work.ts";

/** What a reaction is made of, without the door it is reached through. */
export interface ReactionCore {
  name: string;
  handlers: ReadonlyMap<EventType, (event: PulseCartEvent, work: Work) => Promise<Skip | void>>;
  ownMark?: (event: PulseCartEvent) => OwnMark;
  /** Its events of one key run one after the other: behind one that failed, the others wait. */
  ordered?: boolean;
  brake: Brake;
}

/** How one delivery, release or drain ended. Refused: it must come again; all else is acknowledged. */
type Ending = {
  outcome:
    | "done"
    | "skipped"
    | "duplicate"
    | "deferred"
    | "queued"
    | "parked"
    | "conflict"
    | "refused"
    | "not-mine";
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
    const attempt: Attempt = {
      ledgerId: ledgerId(core.name, cause),
      by: core.name,
      cause,
      nowMs,
      origin: DELIVERY,
      event: () => message.data.toString("utf8"),
    };
    const ending = await guarded(() => park(attempt, read.reason));
    return finish(attempt, ending);
  }
  const { event } = read;
  const cause = causeOf(event, read.fingerprint);
  const attempt: Attempt = {
    ledgerId: ledgerId(core.name, cause),
    by: core.name,
    cause,
    nowMs,
    origin: DELIVERY,
    event: () => JSON.stringify(event),
    ...(core.ownMark && { ownMark: core.ownMark(event) }),
    ...(core.ordered && { lane: ticketOf(core.name, event, message) }),
  };
  return finish(attempt, await guarded(() => run(core, attempt, event)));
}

/** The place an event has among those of its key: Pub/Sub delivers a key in the order it was published. */
export function ticketOf(reaction: string, event: PulseCartEvent, { publishTime }: Message): LaneTicket {
  const publishedMs = Date.parse(publishTime);
  const published_at_ms = Number.isNaN(publishedMs) ? Date.parse(event.received_at) : publishedMs;
  return laneTicket({ reaction, key: laneKeyOf(event), published_at_ms });
}

/** Tries a failed entry again, if it still is where the release expects it. Answers whether the task is done. */
export async function release(core: ReactionCore, id: string, n: number): Promise<boolean> {
  const entry = await readEntry(id);
  if (entry?.by !== core.name) return true;
  return runAgain(core, { id, entry, origin: { kind: "release", n } });
}

/** Runs an entry that was set aside. Answers whether it may be forgotten by whoever asked. */
export async function runAgain(
  core: ReactionCore,
  { id, entry, origin }: { id: string; entry: LedgerEntry; origin: Origin },
): Promise<boolean> {
  const { event: kept, cause, lane } = entry;
  if (kept === undefined) return true;
  const event: PulseCartEvent = JSON.parse(kept);
  const attempt: Attempt = {
    ledgerId: id,
    by: core.name,
    cause,
    nowMs: clock.now(),
    origin,
    event: () => kept,
    ...(core.ownMark && { ownMark: core.ownMark(event) }),
    ...(lane && { lane }),
  };
  return finish(attempt, await guarded(() => run(core, attempt, event)));
}

async function run(core: ReactionCore, attempt: Attempt, event: PulseCartEvent): Promise<Ending> {
  const handle = core.handlers.get(event.event_type) ?? noLongerHandled;
  // Where filters are not enforced, other types arrive too; an entry that was set aside must end, though.
  if (handle === noLongerHandled && attempt.origin.kind === "delivery") return { outcome: "not-mine" };
  let performed: Settled;
  try {
    performed = await performOrSkip(attempt, work => handle(event, work));
  } catch (error) {
    return fail(core, attempt, error);
  }
  core.brake.note("went well");
  if (performed.kind === "met" && isConflict(performed.entry, attempt)) return parkConflict(attempt);
  await relayPerformed(attempt, performed);
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
  if (performed.kind === "set-aside") return setAside(performed);
  if (performed.kind === "met") return duplicateOf(performed.entry);
  if (performed.state === "skipped") return { outcome: "skipped", reason: performed.reason ?? "" };
  const followUps = performed.followUps.map(nameOf);
  return {
    outcome: "done",
    ...(followUps.length > 0 ? { follow_ups: followUps } : {}),
  };
}

function nameOf(followUp: FollowUp): string {
  if (followUp.kind === "event") return followUp.event_id;
  return followUp.kind === "timer" ? followUp.timer : followUp.effect;
}

function duplicateOf(entry: Met | undefined): Ending {
  return { outcome: "duplicate", reason: entry ? `is already ${entry.state}` : "its entry is gone" };
}

function setAside({ state, reason }: { state: "queued" | "parked"; reason?: string }): Ending {
  return { outcome: state, reason: reason ?? "another one of its key waits before it" };
}

async function fail(core: ReactionCore, attempt: Attempt, error: unknown): Promise<Ending> {
  const ending = failureEnding(error, 0).kind;
  // With the platform in trouble, asking Firestore again would only take longer.
  if (ending === "refuse") return { outcome: "refused", error };
  if (ending === "defer" && core.brake.note("threw") === "on") {
    return { outcome: "refused", reason: "more than half of the last events threw: is it broken?", error };
  }
  const failed = await recordFailure(attempt, error);
  if (failed.kind !== "met") return failureOf(failed, error);
  if (isConflict(failed.entry, attempt)) return parkConflict(attempt);
  if (failed.entry?.state === "pending") await relay(attempt.ledgerId, failed.entry);
  return duplicateOf(failed.entry);
}

/** The same producer and id with other content: the first one stands, this one waits for a person beside it. */
async function parkConflict(attempt: Attempt): Promise<Ending> {
  // It waits for nobody and nobody for it: the first one has its place in the lane.
  const { lane: _first, ...beside } = attempt;
  const ledgerId = `${attempt.ledgerId}~${hashOf(attempt.cause.fingerprint)}`;
  const ending = await park({ ...beside, ledgerId, origin: DELIVERY }, CONFLICT);
  return ending.outcome === "parked" ? { ...ending, outcome: "conflict" } : ending;
}

/** Sets a message aside for a person, without a further try. */
async function park(attempt: Attempt, reason: string): Promise<Ending> {
  const error = new Poison(reason);
  const failed = await recordFailure(attempt, error);
  return failed.kind === "met" ? duplicateOf(failed.entry) : failureOf(failed, error);
}

function failureOf(failed: Exclude<Failed, { kind: "met" }>, error: unknown): Ending {
  if (failed.kind === "refused") return { outcome: "refused", error };
  if (failed.kind === "set-aside") return setAside(failed);
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
  queued: "WARNING",
  parked: "ERROR",
  conflict: "ERROR",
  refused: "ERROR",
} as const;

/** The one line an invocation leaves. */
function finish(attempt: Attempt, { outcome, ...details }: Ending): boolean {
  const severity = outcome in severities ? severities[outcome as keyof typeof severities] : "INFO";
  const { origin } = attempt;
  log(severity, "reaction.finished", {
    reaction: attempt.by,
    outcome,
    event_type: attempt.cause.event_type,
    event_id: attempt.cause.id,
    subject: attempt.cause.subject,
    correlation_id: attempt.cause.correlation_id,
    ...details,
    ...(origin.kind === "delivery" ? {} : { [`${origin.kind}_of`]: origin.n }),
    ms: clock.now() - attempt.nowMs,
    traceparent: attempt.cause.traceparent,
  });
  return outcome !== "refused";
}
