import { clock } from "../../clock.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import type { Collection } from "../../google/firestore.ts";
import { hashOf } from "../../values/ids.ts";
import type { Generations, ReplayTo } from "../records/generation.ts";
import {
  currentOf,
  FIRST,
  generationOf,
  generations,
  inGeneration,
  ledgerIdIn,
  readGenerations,
} from "../records/generation.ts";
import { laneTicket } from "../records/lane.ts";
import { skip } from "../skip.ts";
import type { Work } from "../work.ts";
import type { Attempt } from "./attempt.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { finish } from "./outcome.ts";
import type { ReactionCore } from "./reaction-core.ts";

type Run = (core: ReactionCore, attempt: Attempt, event: PulseCartEvent) => Promise<boolean>;

/**
 * Handles an event for every generation that takes events, each as a unit of work of its own: what goes wrong in
 * one does not hurt the other. A generation that begins while this is under way is seen by the unit of work itself,
 * so every event either reaches it here or was committed before it began, and then comes from the archive.
 * Answers whether the message may be acknowledged.
 */
export async function forEachGeneration(
  core: ReactionCore,
  { attempt, event }: { attempt: Attempt; event: PulseCartEvent },
  run: Run,
): Promise<boolean> {
  let current: Generations;
  try {
    current = await readGenerations(core.name);
  } catch (error) {
    return finish(attempt, { outcome: "refused", error });
  }
  const handled = new Set<number>();
  let isAcknowledged = true;
  for (;;) {
    const generation = currentOf(current).find(next => !handled.has(next));
    if (generation === undefined) return isAcknowledged;
    handled.add(generation);
    const seen = (now: Generations): void => {
      current = now;
    };
    const own = coreIn(core, { generation, isLive: generation === current.live, seen });
    if (!(await run(own, attemptIn(generation, attempt), event))) isAcknowledged = false;
  }
}

/** Handles an archived event where a replay wants it. Answers whether its task is done. */
export async function replayTo(
  core: ReactionCore,
  { attempt, event, to }: { attempt: Attempt; event: PulseCartEvent; to: ReplayTo },
  run: Run,
): Promise<boolean> {
  const generation = "generation" in to ? to.generation : (await readGenerations(core.name)).live;
  const own = attemptIn(generation, attempt);
  const ledgerId = "again" in to ? `${own.ledgerId}~r${hashOf(to.again)}` : own.ledgerId;
  return run(coreIn(core, { generation, isLive: false }), { ...own, ledgerId, nowMs: clock.now() }, event);
}

/** A release brings its event to the other generations as well: one that was dead-lettered has reached none. */
export function coreOfEntry(core: ReactionCore, ledgerId: string): ReactionCore {
  return coreIn(core, { generation: generationOf(ledgerId), isLive: false });
}

function attemptIn(generation: number, attempt: Attempt): Attempt {
  if (generation === 1) return attempt;
  const ledgerId = ledgerIdIn(generation, attempt.ledgerId);
  if (!attempt.lane) return { ...attempt, ledgerId };
  const { reaction, key, published_at_ms } = attempt.lane;
  return {
    ...attempt,
    ledgerId,
    lane: laneTicket({ reaction, key: `${key}~g${generation}`, published_at_ms }),
  };
}

/** One that is being built may throw as often as it likes: its events are set aside, and live ones go on. */
const NO_CIRCUIT_BREAKER: CircuitBreaker = { note: () => "off" };

function coreIn(
  core: ReactionCore,
  {
    generation,
    isLive,
    seen = () => undefined,
  }: { generation: number; isLive: boolean; seen?: (current: Generations) => void },
): ReactionCore {
  const { name } = core;
  const handlers = new Map(
    [...core.handlers].map(([type, handle]) => {
      const within: typeof handle = async (event, work) => {
        // Read in the transaction: nothing is written to a generation that is over, nor missed by one that began.
        const current = (await work.get(generations, name)) ?? FIRST;
        seen(current);
        if (!currentOf(current).includes(generation)) return skip(`generation ${generation} is over`);
        return handle(event, workIn({ reaction: name, generation }, work));
      };
      return [type, within] as const;
    }),
  );
  return { ...core, handlers, brake: isLive ? core.brake : NO_CIRCUIT_BREAKER };
}

/** A unit of work whose documents are a generation's own. */
function workIn(where: { reaction: string; generation: number }, work: Work): Work {
  const own = <T>(of: Collection<T>) => inGeneration(where, of);
  const refuse = (): never => {
    throw new Error(
      `${where.reaction} is a projection: it is rebuilt from the archive and must not emit, arm a timer or plan an effect`,
    );
  };
  return {
    nowMs: work.nowMs,
    cause: work.cause,
    get: (from, id) => work.get(own(from), id),
    getAll: (from, ids) => work.getAll(own(from), ids),
    create: (to, id, data) => work.create(own(to), id, data),
    set: (to, id, data) => work.set(own(to), id, data),
    update: (to, id, fields) => work.update(own(to), id, fields),
    delete: (from, id) => work.delete(own(from), id),
    increment: (to, id, by) => work.increment(own(to), id, by),
    emit: refuse,
    timer: refuse,
    effect: refuse,
  };
}
