import { clock } from "../../clock.ts";
import { PermanentError } from "../../errors.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { personalTexts } from "../../events/personal.ts";
import type { Message } from "../receive/message.ts";
import { causeOf, laneKeyOf, readEvent, unreadableCause } from "../receive/received-event.ts";
import type { ReplayTo } from "../records/generation.ts";
import type { LaneTicket } from "../records/lane.ts";
import { laneTicket } from "../records/lane.ts";
import { ledgerId, readEntry } from "../records/ledger.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";
import type { Origin } from "../records/ledger-state.ts";
import { DELIVERY } from "../records/ledger-state.ts";
import type { Skip } from "../skip.ts";
import { skip } from "../skip.ts";
import type { Attempt } from "./attempt.ts";
import { catchUp } from "./catch-up.ts";
import { finish } from "./outcome.ts";
import { failAttempt, runAttempt } from "./process-event.ts";
import { coreOfEntry, forEachGeneration, replayTo } from "./projection.ts";
import type { ReactionCore } from "./reaction-core.ts";

/** Handles one Pub/Sub message. Answers whether it may be acknowledged. Never throws. */
export async function react(core: ReactionCore, message: Message): Promise<boolean> {
  // Nobody of ours published it: where filters are enforced only `adopt` gets it, and it is adopt's in any case.
  if (message.attributes["event_type"] === undefined) {
    return finish(unreadable(core.name, message), { outcome: "not-mine" });
  }
  const read = readEvent(message);
  if (!read.ok) return failAttempt(unreadable(core.name, message), new PermanentError(read.reason));
  const { event } = read;
  const attempt = firstAttempt(core, event, { message, fingerprint: read.fingerprint });
  if (core.projection) return forEachGeneration(core, { attempt, event }, run);
  return run(core, attempt, event);
}

/** Handles an archived event for one generation of a projection. Answers whether its task is done. */
export async function reactAgain(core: ReactionCore, message: Message, to: ReplayTo): Promise<boolean> {
  // Nobody of ours published it: where filters are enforced only `adopt` gets it, and it is adopt's in any case.
  if (message.attributes["event_type"] === undefined) {
    return finish(unreadable(core.name, message), { outcome: "not-mine" });
  }
  const read = readEvent(message);
  if (!read.ok) return failAttempt(unreadable(core.name, message), new PermanentError(read.reason));
  const { event, fingerprint } = read;
  const attempt = firstAttempt(core, event, { message, fingerprint });
  return replayTo(core, { attempt, event, to }, run);
}

function firstAttempt(
  core: ReactionCore,
  event: PulseCartEvent,
  about: Parameters<typeof deliveryOf>[2],
): Attempt {
  const { lane, ...alone } = deliveryOf(core.name, event, about);
  return {
    ...alone,
    ...(core.ordered && { lane }),
    ...(core.dedupeDocument && { dedupeDocument: core.dedupeDocument(event) }),
  };
}

/** A first attempt at an event, with its place among those of its key: Pub/Sub keeps a key's order. */
export function deliveryOf(
  by: string,
  event: PulseCartEvent,
  { message, fingerprint }: { message: Pick<Message, "publishTime">; fingerprint: string },
): Attempt & { lane: LaneTicket } {
  const cause = causeOf(event, fingerprint);
  const publishedMs = Date.parse(message.publishTime);
  const published_at_ms = Number.isNaN(publishedMs) ? Date.parse(event.received_at) : publishedMs;
  return {
    ledgerId: ledgerId(by, cause),
    by,
    cause,
    nowMs: clock.now(),
    origin: DELIVERY,
    event: () => JSON.stringify(event),
    lane: laneTicket({ reaction: by, key: laneKeyOf(event), published_at_ms }),
  };
}

/** The same for a message that holds no event. */
export function unreadable(by: string, message: Message): Attempt {
  const cause = unreadableCause(message);
  const event = () => message.data.toString("utf8");
  return { ledgerId: ledgerId(by, cause), by, cause, nowMs: clock.now(), origin: DELIVERY, event };
}

/** Tries a failed entry again, if it still is where the release expects it. Answers whether the task is done. */
export async function release(core: ReactionCore, id: string, n: number): Promise<boolean> {
  const entry = await readEntry(id);
  if (entry?.by !== core.name) return true;
  return runAgain(core, { id, entry, origin: { kind: "release", n } });
}

/** Runs an entry that was set aside. Answers whether whoever asked may forget it. */
export async function runAgain(
  core: ReactionCore,
  { id, entry, origin }: { id: string; entry: LedgerEntry; origin: Origin },
): Promise<boolean> {
  const attempt = attemptAgain(id, entry, origin);
  if (!attempt) return catchUp(id, entry);
  const { fingerprint } = entry.cause;
  // Kept by an older version, perhaps: it is read like a message, into the shape that is current now.
  const read = readEvent({ data: Buffer.from(entry.event ?? ""), attributes: { fingerprint } });
  if (!read.ok) return failAttempt(attempt, new PermanentError(read.reason));
  const { event } = read;
  // What could not be read when it came has no mark under its own id: that must not pass by what may have one.
  if (event.event_id !== entry.cause.id) return failAttempt(attempt, new PermanentError(READABLE_NOW));
  if (core.projection) return runAgainInGeneration(core, attempt, event);
  return run(
    core,
    { ...attempt, ...(core.dedupeDocument && { dedupeDocument: core.dedupeDocument(event) }) },
    event,
  );
}

/** A dead letter is set aside once, whatever generations there are: whichever has not met its event gets it now. */
async function runAgainInGeneration(
  core: ReactionCore,
  attempt: Attempt,
  event: PulseCartEvent,
): Promise<boolean> {
  const isDone = await run(coreOfEntry(core, attempt.ledgerId), attempt, event);
  const { fingerprint } = attempt.cause;
  const others = firstAttempt(core, event, { message: { publishTime: "" }, fingerprint });
  return (await forEachGeneration(core, { attempt: others, event }, run)) && isDone;
}

const READABLE_NOW = "it could not be read when it came, and can be now: publish it again and drop this one";

/** Another attempt at an entry that was set aside; undefined for one that keeps no event: it is over, or too large. */
export function attemptAgain(id: string, entry: LedgerEntry, origin: Origin): Attempt | undefined {
  const { event: kept, by, cause, lane } = entry;
  if (kept === undefined) return undefined;
  return { ledgerId: id, by, cause, nowMs: clock.now(), origin, event: () => kept, ...(lane && { lane }) };
}

async function run(core: ReactionCore, attempt: Attempt, event: PulseCartEvent): Promise<boolean> {
  const handle = core.handlers.get(event.event_type);
  // Where filters are not enforced, other types arrive too; an entry that was set aside must end, though.
  if (!handle && attempt.origin.kind === "delivery") return finish(attempt, { outcome: "not-mine" });
  const cautious = { ...attempt, personal: () => personalTexts(event) };
  return runAttempt(cautious, work => (handle ?? noLongerHandled)(event, work), core.brake);
}

async function noLongerHandled(): Promise<Skip> {
  return skip("this reaction no longer handles this type");
}
