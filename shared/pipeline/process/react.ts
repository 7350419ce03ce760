import { clock } from "../../clock.ts";
import { PermanentError } from "../../errors.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { personalTexts } from "../../events/personal.ts";
import { hashOf } from "../../values/ids.ts";
import type { ReceivedMessage } from "../receive/received-event.ts";
import { isNack } from "../receive/task-routes.ts";
import type { Generations, ReplayTo } from "../records/generation.ts";
import { currentOf, readGenerations } from "../records/generation.ts";
import type { Skip } from "../skip.ts";
import { skip } from "../skip.ts";
import type { Work } from "../work.ts";
import type { Attempt } from "./attempt.ts";
import { deliveryAttempt, unreadableAttempt } from "./create-attempt.ts";
import type { Outcome } from "./outcome.ts";
import { logAttempt } from "./outcome.ts";
import { skipForeign } from "./owner-guard.ts";
import { failEvent, processEvent } from "./process-event.ts";
import { attemptIn, coreIn } from "./projection.ts";
import type { ReactionCore } from "./reaction-core.ts";

/**
 * Handles one message for a reaction: once, or once per generation of a projection.
 * @param to limits a replay to one generation of a projection. Absent: an ordinary delivery.
 * @throws the error of Firestore during a replay; a delivery never throws
 */
export async function react(core: ReactionCore, received: ReceivedMessage, to?: ReplayTo): Promise<Outcome> {
  const { message } = received;
  if (received.kind === "not-published")
    return logAttempt(unreadableAttempt(core.name, message), { outcome: "not-mine" });
  if (received.kind === "unreadable")
    return failEvent(unreadableAttempt(core.name, message), new PermanentError(received.reason));
  const { event, fingerprint } = received;
  const attempt = firstAttempt(core, event, { publishTime: message.publishTime, fingerprint });
  if (to) return replayInto(core, { attempt, event, to });
  return core.projection ? reactInGenerations(core, { attempt, event }) : reactOnce(core, { attempt, event });
}

/** Creates the first attempt of a reaction at an event, with the options of the reaction. */
export function firstAttempt(
  core: ReactionCore,
  event: PulseCartEvent,
  delivery: { publishTime: string; fingerprint: string },
): Attempt {
  const { lane, ...unordered } = deliveryAttempt(core.name, event, delivery);
  return {
    ...unordered,
    lane: core.ordered ? lane : undefined,
    dedupeDocument: core.dedupeDocument?.(event),
  };
}

interface Handled {
  attempt: Attempt;
  event: PulseCartEvent;
}

/**
 * Handles an event for every generation that takes events. Each generation has its own unit of work, so a failure in
 * one does not affect the others. Each unit of work reads the generations again. A generation that begins meanwhile
 * gets the event here. Events committed before it began come from the archive.
 * @returns a refused outcome when any generation refused the event; else the outcome of the last one
 */
export async function reactInGenerations(core: ReactionCore, { attempt, event }: Handled): Promise<Outcome> {
  let current: Generations;
  try {
    current = await readGenerations(core.name);
  } catch (error) {
    return logAttempt(attempt, { outcome: "refused", error });
  }
  const handled = new Set<number>();
  let result: Outcome = { outcome: "not-mine" };
  for (;;) {
    const generation = currentOf(current).find(next => !handled.has(next));
    if (generation === undefined) return result;
    handled.add(generation);
    const isLive = generation === current.live;
    const onRead = (now: Generations): void => {
      current = now;
    };
    const own = coreIn(core, { generation, isLive, onRead });
    const outcome = await reactOnce(own, { attempt: attemptIn(generation, attempt), event });
    if (!isNack(result)) result = outcome;
  }
}

/** Handles an archived event for one generation, or applies it again to the live one. */
async function replayInto(
  core: ReactionCore,
  { attempt, event, to }: Handled & { to: ReplayTo },
): Promise<Outcome> {
  const generation = "generation" in to ? to.generation : (await readGenerations(core.name)).live;
  const own = attemptIn(generation, attempt);
  const ledgerId = "again" in to ? `${own.ledgerId}~r${hashOf(to.again)}` : own.ledgerId;
  const replayed = { ...own, ledgerId, nowMs: clock.now() };
  return reactOnce(coreIn(core, { generation, isLive: false }), { attempt: replayed, event });
}

/** Handles an event once, in one unit of work. */
export async function reactOnce(core: ReactionCore, { attempt, event }: Handled): Promise<Outcome> {
  const handle = core.handlers.get(event.event_type);
  // Without enforced filters other types arrive too. A deferred or parked entry must become final all the same.
  if (!handle && attempt.origin.kind === "delivery") return logAttempt(attempt, { outcome: "not-mine" });
  const redacting = { ...attempt, personal: () => personalTexts(event) };
  const body = async (work: Work): Promise<Skip | void> => {
    if (!handle) return skip("this reaction no longer handles this type");
    const guard = core.takesForeignFacts ? undefined : skipForeign;
    const refused = (await core.admit?.(work)) ?? (await guard?.(event, work));
    return refused ?? handle(event, work);
  };
  return processEvent(redacting, body, core.breaker);
}
