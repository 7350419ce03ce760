import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { FaultRules } from "../../local-cloud/faults/faults.ts";
import type { CheckResult } from "./check-all.ts";
import { checkAll, idleLimits } from "./check-all.ts";
import type { DeadLetterWatch } from "./dead-letters.ts";
import { watchDeadLetters } from "./dead-letters.ts";
import { FaultSchedule } from "./fault-schedule.ts";
import type { Sent } from "./run-day.ts";
import { runDay } from "./run-day.ts";
import type { ShopClock } from "./shop-clock.ts";
import { readShopClock } from "./shop-clock.ts";
import type { Database, DayNumbers } from "./shop-state.ts";
import { openDatabase, readDays, readShopState } from "./shop-state.ts";
import type { Day } from "./step.ts";
import { stepsOf } from "./step.ts";
import type { TrafficOptions } from "./traffic.ts";
import { IDLE_MS, planDay } from "./traffic.ts";
import { waitUntilDone } from "./wait-until-done.ts";

export interface SimulationOptions extends Omit<TrafficOptions, "tag"> {
  url: string;
  rate?: number;
  faults?: FaultRules;
  /** Ends the traffic early. The requests sent so far are checked. */
  signal?: AbortSignal;
  onStage?(name: string, total: number): void;
  onStep?(done: number): void;
}

/** Time added to the minimum wait, for work that is due to the minute. */
const MARGIN_MS = 5 * MINUTE_MS;

interface DayOptions {
  url: string;
  clock: ShopClock;
  day: Day;
  idleMs: number;
  startMs: number;
  before: DayNumbers;
  database: Database;
  deadLetters: DeadLetterWatch;
}

/** A planned day with everything that its checks need. The caller sends the traffic. */
export class PreparedDay {
  readonly #options: DayOptions;
  #finished: { journal: readonly Sent[]; finishedMs: number } | undefined;

  private constructor(options: DayOptions) {
    this.#options = options;
  }

  /** Plans a day and opens the clients that the checks need. */
  static async prepare(options: Omit<TrafficOptions, "tag"> & { url: string }): Promise<PreparedDay> {
    const { url, idleMs = IDLE_MS } = options;
    const clock = await readShopClock(url);
    const startMs = clock.earliestMs();
    // The time makes the ids unique: the shop's clock never shows the same time twice.
    const tag = `s${options.seed}t${startMs.toString(36)}`;
    const day = planDay({ ...options, tag });
    const database = await openDatabase(url);
    const before = await readDays(url, startMs, startMs);
    const deadLetters = await watchDeadLetters(database.pubsub, tag);
    return new PreparedDay({ url, clock, day, idleMs, startMs, before, database, deadLetters });
  }

  get day(): Day {
    return this.#options.day;
  }

  get clock(): ShopClock {
    return this.#options.clock;
  }

  /** The shortest time in which every cart that was left is abandoned. */
  get leastMs(): number {
    const { idleMs } = this.#options;
    return idleMs + idleLimits(idleMs).lateMs + MARGIN_MS;
  }

  /**
   * Ends the faults, waits until all work is done, and checks the results.
   * @throws WorkLeft when some work never ends
   */
  async finish(journal: readonly Sent[], onStep?: (passedMs: number) => void): Promise<CheckResult> {
    const { url, clock, database } = this.#options;
    await waitUntilDone({ url, firestore: database.firestore, clock, leastMs: this.leastMs, onStep });
    this.#finished = { journal, finishedMs: clock.earliestMs() };
    return this.check();
  }

  /** Checks the present state against the finished day. */
  async check(): Promise<CheckResult> {
    if (!this.#finished) throw new Error("check too early: expected a finished day, got an unfinished one");
    const { url, day, idleMs, startMs, before, database, deadLetters } = this.#options;
    const shop = await readShopState(database, startMs);
    const days = { before, after: await readDays(url, startMs, this.#finished.finishedMs) };
    const { goods } = day;
    return checkAll({ goods, ...this.#finished, shop, days, idleMs, deadLetters: deadLetters.eventIds });
  }

  async close(): Promise<void> {
    await this.#options.deadLetters.close();
    await this.#options.database.close();
  }
}

interface RunResult extends CheckResult {
  journal: Sent[];
  /** Real milliseconds of the traffic, including the moves of the clock. */
  trafficMs: number;
  /** Real milliseconds of the wait and the checks after the traffic. */
  finishMs: number;
  /** Number of injected faults by name. */
  struck: Record<string, number>;
}

export interface Simulation extends RunResult {
  /** Checks the present state once more. */
  check(): Promise<CheckResult>;
  close(): Promise<void>;
}

/**
 * Simulates a day on a local PulseCart. Sends the traffic under faults, waits until all work is done, and checks the totals.
 * @throws WorkLeft when some work never ends
 */
export async function simulate(options: SimulationOptions): Promise<Simulation> {
  const prepared = await PreparedDay.prepare(options);
  try {
    const result = await runPrepared(prepared, options);
    return { ...result, check: () => prepared.check(), close: () => prepared.close() };
  } catch (error) {
    await prepared.close();
    throw error;
  }
}

async function runPrepared(prepared: PreparedDay, options: SimulationOptions): Promise<RunResult> {
  const { url, seed, idleMs = IDLE_MS, onStage, onStep } = options;
  const { day, clock, leastMs } = prepared;
  onStage?.("sending", stepsOf(day).length);
  const rules = { seed, ...options.faults };
  const schedule = await FaultSchedule.start({ url, clock, idleMs, rules });
  let done = 0;
  const onSent = () => onStep?.(++done);
  const [journal, trafficMs] = await timed(() => runDay(day, { ...options, clock: schedule.clock, onSent }));
  const struck = await schedule.struck();
  onStage?.("finishing", Math.ceil(leastMs / MINUTE_MS));
  const onPassed = (passedMs: number) => onStep?.(Math.round(passedMs / MINUTE_MS));
  const [result, finishMs] = await timed(() => prepared.finish(journal, onPassed));
  return { ...result, journal, trafficMs, finishMs, struck };
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startMs = performance.now();
  const result = await work();
  return [result, performance.now() - startMs];
}
