import type { Frozen, Try } from "./cells.ts";
import { callUntilTaken, freeze, goOn, newTry, setMood } from "./cells.ts";
import { pointsOf } from "./points.ts";
import type { FunctionProcess } from "./processes.ts";
import type { Scenario, Variant } from "./scenario.ts";
import type { Stage } from "./stage.ts";

export interface Choice {
  scenario: Scenario;
  variants: readonly Variant[];
}

export interface Tried {
  scenario: Scenario;
  /** The calls that its message makes when nothing happens to it. */
  calls: readonly string[];
  ones: readonly Try[];
}

/**
 * Finds a scenario's points by letting one message pass, then stops one message at each point in each variant that
 * was chosen, and does to it what the variant says. What follows of itself has not followed yet.
 */
export async function bringToPoints(
  stage: Stage,
  hosts: Hosts,
  { scenario, variants }: Choice,
): Promise<Tried> {
  const undisturbed = newTry(scenario);
  const calls = await inPeace(stage, scenario, async () => {
    await prepareAll(stage, [undisturbed]);
    return findCalls(stage, undisturbed, await hosts.get());
  });
  const ones: Try[] = [undisturbed];
  for (const variant of variants) {
    const all = pointsOf(calls).map(point => newTry(scenario, point, variant));
    ones.push(...(await tryAll(stage, hosts, all)));
  }
  return { scenario, calls, ones };
}

/** Nothing comes out of the scenario's queue meanwhile; afterwards everything does that is due. */
async function inPeace<R>(stage: Stage, { holds }: Scenario, run: () => Promise<R>): Promise<R> {
  const result = await stage.pausing(holds === undefined ? [] : [holds], run);
  await stage.world.settle();
  return result;
}

/** How often tries may be spoilt by a machine that is too busy. */
const MOST_SPOILT = 20;

/** Brings each of one scenario and variant to its point: as many at once as time allows, and the spoilt ones anew. */
async function tryAll(stage: Stage, hosts: Hosts, all: readonly Try[]): Promise<Try[]> {
  const finished: Try[] = [];
  let rest: Try[] = [];
  let unprepared = all;
  let spoilt = 0;
  for (let [one] = all; one; [one] = [...rest, ...unprepared]) {
    const { tried, isSpoilt } = await inPeace(stage, one.scenario, async () => {
      await prepareAll(stage, unprepared);
      rest.push(...unprepared);
      return tryTogether(stage, hosts, rest);
    });
    rest = rest.slice(tried.length);
    unprepared = [];
    if (!isSpoilt) finished.push(...tried);
    else {
      spoilt += 1;
      if (spoilt > MOST_SPOILT)
        throw new Error("This machine is too busy: messages stood still for too long");
      await hosts.end(); // its clients still repeat what stood still
      for (const each of tried) setMood(stage, each, undefined);
      unprepared = tried.map(({ scenario, point, variant }) => newTry(scenario, point, variant));
    }
  }
  return finished;
}

/** Not all at once: a reaction of which everything fails takes itself for broken. */
const PREPARED_AT_ONCE = 10;

async function prepareAll(stage: Stage, ones: readonly Try[]): Promise<void> {
  for (let at = 0; at < ones.length; at += PREPARED_AT_ONCE) {
    const next = ones.slice(at, at + PREPARED_AT_ONCE);
    await Promise.all(next.map(one => one.scenario.prepare?.(one, stage)));
  }
  const holds = ones[0]?.scenario.holds;
  if (holds !== undefined) await stage.purge([holds]);
}

async function findCalls(stage: Stage, one: Try, at: FunctionProcess): Promise<readonly string[]> {
  const frozen = await freeze(stage, one, at);
  await goOn(stage, frozen);
  return frozen.followed.calls;
}

/** The process whose turn it is; another one after each kill. */
export function createHosts(stage: Stage) {
  let host: Promise<FunctionProcess> | undefined;
  const end = async (): Promise<void> => {
    const last = host;
    host = undefined;
    await (await last)?.kill();
  };
  return {
    get: (): Promise<FunctionProcess> => {
      host ??= stage.processes.take();
      return host;
    },
    end,
  };
}

export type Hosts = ReturnType<typeof createHosts>;

/**
 * How long messages may stand still before something happens to them: their process' clients give up on a call
 * after five seconds and would repeat it.
 */
const MOST_STILL_MS = 1_500;
/** When for so long no duplicate has ended, the others wait for what the first ones hold. */
const QUIET_MS = 300;

/** Until all have ended, or those that have not seem to wait for something else to happen. */
async function endedOrWaiting(duplicates: readonly Promise<void>[]): Promise<void> {
  let rest = duplicates.length;
  let lastMs = performance.now();
  const ended = (): void => {
    rest -= 1;
    lastMs = performance.now();
  };
  for (const duplicate of duplicates) void duplicate.finally(ended);
  while (rest > 0 && performance.now() - lastMs < QUIET_MS) await pause(5);
}

/**
 * Stops as many messages as time allows, each at its point, and does to them what the variant says. It is spoilt
 * when a client has repeated a call that stood still.
 */
async function tryTogether(
  stage: Stage,
  hosts: Hosts,
  ones: readonly Try[],
): Promise<{ tried: Try[]; isSpoilt: boolean }> {
  const variant = ones[0]?.variant;
  const host = await hosts.get();
  const startedMs = performance.now();
  const straysBefore = host.wire.strays();
  const frozen: Frozen[] = [];
  for (const one of ones) {
    if (frozen.length > 0 && performance.now() - startedMs > MOST_STILL_MS) break;
    frozen.push(await freeze(stage, one, host));
  }
  const again = (at?: FunctionProcess) =>
    frozen.map(({ one, call }) => callUntilTaken(stage, one, { call, ...(at && { at }) }));
  const duplicates = variant === "overlapped" || variant === "resumed" ? again() : [];
  await endedOrWaiting(duplicates);
  const isSpoilt = host.wire.strays() > straysBefore;
  if (variant === "resumed") await Promise.all(frozen.map(each => goOn(stage, each)));
  else await hosts.end();
  await Promise.all(duplicates);
  if (variant === "redelivered" || variant === "overlapped") await Promise.all(again(await hosts.get()));
  return { tried: frozen.map(({ one }) => one), isSpoilt };
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
