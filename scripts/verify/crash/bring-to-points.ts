import { pointsOf } from "./points.ts";
import type { FunctionProcess } from "./stage/processes.ts";
import type { Scenario, Variant } from "./stage/scenario.ts";
import type { Stage } from "./stage/stage.ts";
import type { StoppedMessage, Trial } from "./trial.ts";
import { callUntilAnswered, newTrial, resume, setBehaviour, stopAtPoint } from "./trial.ts";

/** A scenario with the variants to run. */
export interface Choice {
  scenario: Scenario;
  variants: readonly Variant[];
}

export interface Tried {
  scenario: Scenario;
  /** The calls of the undisturbed message. */
  calls: readonly string[];
  trials: readonly Trial[];
}

/**
 * Finds a scenario's points by one undisturbed message. Then stops one message at each point in each chosen variant,
 * and disturbs that message. Timers, releases and the sweep run later.
 */
export async function bringToPoints(
  stage: Stage,
  hosts: Hosts,
  { scenario, variants }: Choice,
): Promise<Tried> {
  const undisturbed = newTrial(scenario);
  const calls = await withQueueHeld(stage, scenario, async () => {
    await prepareAll(stage, [undisturbed]);
    return findCalls(stage, undisturbed, await hosts.get());
  });
  const trials: Trial[] = [undisturbed];
  for (const variant of variants) {
    const all = pointsOf(calls).map(point => newTrial(scenario, point, variant));
    trials.push(...(await tryAll(stage, hosts, all)));
  }
  return { scenario, calls, trials };
}

/** Runs `run` while the scenario's queue delivers nothing. Afterwards everything due is delivered. */
async function withQueueHeld<R>(stage: Stage, { holds }: Scenario, run: () => Promise<R>): Promise<R> {
  const result = await stage.pausing(holds === undefined ? [] : [holds], run);
  await stage.world.settle();
  return result;
}

/** Max repetitions because of a machine that is too slow. */
const MAX_REPETITIONS = 20;

/** Brings all trials of one scenario and variant to their points, several at a time. Repeats invalid trials. */
async function tryAll(stage: Stage, hosts: Hosts, all: readonly Trial[]): Promise<Trial[]> {
  const finished: Trial[] = [];
  let rest: Trial[] = [];
  let unprepared = all;
  let repetitions = 0;
  for (let [trial] = all; trial; [trial] = [...rest, ...unprepared]) {
    const { tried, isInvalid } = await withQueueHeld(stage, trial.scenario, async () => {
      await prepareAll(stage, unprepared);
      rest.push(...unprepared);
      return tryTogether(stage, hosts, rest);
    });
    rest = rest.slice(tried.length);
    unprepared = [];
    if (!isInvalid) finished.push(...tried);
    else {
      repetitions += 1;
      if (repetitions > MAX_REPETITIONS) throw new Error(TOO_SLOW);
      await hosts.end(); // its clients still repeat the stopped calls
      for (const each of tried) setBehaviour(stage, each, undefined);
      unprepared = tried.map(({ scenario, point, variant }) => newTrial(scenario, point, variant));
    }
  }
  return finished;
}

const TOO_SLOW = `Machine too slow: expected stopped messages to be disturbed before their clients repeat a call, failed ${MAX_REPETITIONS} times. Run fewer programs at the same time.`;

/** Max trials that are prepared at one time. The circuit breaker opens when all events of a reaction fail. */
const PREPARED_AT_ONCE = 10;

async function prepareAll(stage: Stage, trials: readonly Trial[]): Promise<void> {
  for (let at = 0; at < trials.length; at += PREPARED_AT_ONCE) {
    const next = trials.slice(at, at + PREPARED_AT_ONCE);
    await Promise.all(next.map(trial => trial.scenario.prepare?.(trial, stage)));
  }
  const holds = trials[0]?.scenario.holds;
  if (holds !== undefined) await stage.purge([holds]);
}

async function findCalls(stage: Stage, trial: Trial, at: FunctionProcess): Promise<readonly string[]> {
  const stopped = await stopAtPoint(stage, trial, at);
  await resume(stage, stopped);
  return stopped.followed.calls;
}

/** The process in use: `get` returns it and starts another after `end` has killed it. */
export interface Hosts {
  get(): Promise<FunctionProcess>;
  end(): Promise<void>;
}

export function createHosts(stage: Stage): Hosts {
  let host: Promise<FunctionProcess> | undefined;
  return {
    get: () => {
      host ??= stage.processes.next();
      return host;
    },
    end: async () => {
      const last = host;
      host = undefined;
      await (await last)?.kill();
    },
  };
}

/** Max time for stopping messages. Clients time out a call after 5 s and repeat the call. */
const MAX_STOPPING_MS = 1_500;
/** After this time without a finished duplicate, the other duplicates wait for locks of the stopped messages. */
const QUIET_MS = 300;

/** Waits until all duplicates have ended, or the rest waits for the stopped messages. */
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
 * Stops as many messages as time allows, each at its point, and disturbs them.
 * @returns the trials so far; `isInvalid` when a client has repeated a stopped call
 */
async function tryTogether(
  stage: Stage,
  hosts: Hosts,
  trials: readonly Trial[],
): Promise<{ tried: Trial[]; isInvalid: boolean }> {
  const variant = trials[0]?.variant;
  const host = await hosts.get();
  const straysBefore = host.wire.strayCalls();
  const stopped = await stopInTime(stage, host, trials);
  const sendAgain = (at?: FunctionProcess) =>
    stopped.map(({ trial, call }) => callUntilAnswered(stage, trial, { call, at }));
  const duplicates = variant === "overlapped" || variant === "resumed" ? sendAgain() : [];
  await endedOrWaiting(duplicates);
  const isInvalid = host.wire.strayCalls() > straysBefore;
  if (variant === "resumed") await Promise.all(stopped.map(each => resume(stage, each)));
  else await hosts.end();
  await Promise.all(duplicates);
  if (variant === "redelivered" || variant === "overlapped") await Promise.all(sendAgain(await hosts.get()));
  return { tried: stopped.map(({ trial }) => trial), isInvalid };
}

async function stopInTime(
  stage: Stage,
  host: FunctionProcess,
  trials: readonly Trial[],
): Promise<StoppedMessage[]> {
  const startedMs = performance.now();
  const stopped: StoppedMessage[] = [];
  for (const trial of trials) {
    if (stopped.length > 0 && performance.now() - startedMs > MAX_STOPPING_MS) break;
    stopped.push(await stopAtPoint(stage, trial, host));
  }
  return stopped;
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
