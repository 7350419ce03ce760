import type { Collection } from "../../google/firestore.ts";
import type { Generations } from "../records/generation.ts";
import { currentOf, FIRST, generations, inGeneration, ledgerIdIn } from "../records/generation.ts";
import { laneTicket } from "../records/lane.ts";
import type { Skip } from "../skip.ts";
import { skip } from "../skip.ts";
import type { Work } from "../work.ts";
import type { Attempt } from "./attempt.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import type { ReactionCore } from "./reaction-core.ts";

/** Returns the attempt with the ledger entry and the lane of a generation. */
export function attemptIn(generation: number, attempt: Attempt): Attempt {
  if (generation === 1) return attempt;
  const ledgerId = ledgerIdIn(generation, attempt.ledgerId);
  if (!attempt.lane) return { ...attempt, ledgerId };
  const { reaction, key, published_at_ms } = attempt.lane;
  const lane = laneTicket({ reaction, key: `${key}~g${generation}`, published_at_ms });
  return { ...attempt, ledgerId, lane };
}

/** A circuit breaker that never opens. A generation under construction may fail often: live generations go on. */
const ALWAYS_CLOSED: CircuitBreaker = { record: () => "closed" };

/**
 * Returns a projection whose handlers read and write the documents of one generation.
 * @param onRead gets the generations that each unit of work read in its transaction
 */
export function coreIn(
  core: ReactionCore,
  options: { generation: number; isLive: boolean; onRead?: (current: Generations) => void },
): ReactionCore {
  const { generation, isLive, onRead = () => undefined } = options;
  const { name } = core;
  const place = { reaction: name, generation };
  const handlers = new Map(
    [...core.handlers].map(([type, handle]) => {
      const inOwnGeneration: typeof handle = (event, work) => handle(event, workIn(place, work));
      return [type, inOwnGeneration] as const;
    }),
  );
  const admit = async (work: Pick<Work, "get">): Promise<Skip | undefined> => {
    // The read is part of the transaction: no write reaches a retired generation, and no new one is missed.
    const current = (await work.get(generations, name)) ?? FIRST;
    onRead(current);
    return currentOf(current).includes(generation) ? undefined : skip(`generation ${generation} is retired`);
  };
  return { ...core, handlers, admit, breaker: isLive ? core.breaker : ALWAYS_CLOSED };
}

/** Returns a unit of work whose documents belong to one generation. */
function workIn(place: { reaction: string; generation: number }, work: Work): Work {
  const own = <T>(of: Collection<T>) => inGeneration(place, of);
  const refuse = (): never => {
    throw new Error(
      `${place.reaction} is a projection: its handlers must not emit events, arm timers or plan effects`,
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
