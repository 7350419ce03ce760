import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { FaultRules } from "../../local-cloud/faults/faults.ts";
import type { Books } from "./check-all.ts";
import { closeBooks, patienceOf } from "./check-all.ts";
import { watchDeadLetters } from "./dead-letters.ts";
import { openDatabase, readDays, readFound } from "./found.ts";
import type { Sent } from "./run-day.ts";
import { runDay } from "./run-day.ts";
import type { ShopClock } from "./shop-clock.ts";
import { readShopClock } from "./shop-clock.ts";
import type { Day } from "./step.ts";
import { stepsOf } from "./step.ts";
import { startStorm } from "./storm.ts";
import type { TrafficOptions } from "./traffic.ts";
import { IDLE_MS, planDay } from "./traffic.ts";
import { settle } from "./wait-until-done.ts";

export interface SimulationOptions extends Omit<TrafficOptions, "tag"> {
  url: string;
  rate?: number;
  faults?: FaultRules;
  /** Ends the traffic; what was sent until then is checked all the same. */
  signal?: AbortSignal;
  onStage?(name: string, total: number): void;
  onStep?(done: number): void;
}

/** A planned day, and what its books will be closed on. */
export interface Prepared {
  day: Day;
  clock: ShopClock;
  /** The shortest time in which every cart that was left is abandoned. */
  leastMs: number;
  /** Ends the faults, lets everything finish, and closes the books on what was sent. */
  closeBooks(journal: readonly Sent[], onPassed?: (passedMs: number) => void): Promise<Books>;
  /** Closes the books once more, on what is there now. */
  check(): Promise<Books>;
  close(): Promise<void>;
}

/** For what is due to the minute. */
const MARGIN_MS = 5 * MINUTE_MS;

/** Plans a day, and opens what is needed to check it: for whoever sends the traffic in a way of their own. */
export async function prepare(options: Omit<TrafficOptions, "tag"> & { url: string }): Promise<Prepared> {
  const { url, idleMs = IDLE_MS } = options;
  const clock = await readShopClock(url);
  const startMs = clock.earliestMs();
  // Ids of this run: the shop's clock never stands where it stood before.
  const tag = `s${options.seed}t${startMs.toString(36)}`;
  const day = planDay({ ...options, tag });
  const database = await openDatabase(url);
  const before = await readDays(url, startMs, startMs);
  const deadLetters = await watchDeadLetters(database.pubsub, tag);
  const leastMs = idleMs + patienceOf(idleMs).lateMs + MARGIN_MS;
  let settled: { journal: readonly Sent[]; settledMs: number } | undefined;
  const check = async (): Promise<Books> => {
    if (!settled) throw new Error("the books are checked before they were closed: nothing has settled yet");
    const found = await readFound(database, startMs);
    const days = { before, after: await readDays(url, startMs, settled.settledMs) };
    return closeBooks({ goods: day.goods, ...settled, found, days, idleMs, deadLetters: deadLetters.heard });
  };
  return {
    day,
    clock,
    leastMs,
    check,
    closeBooks: async (journal, onStep) => {
      await settle({ url, firestore: database.firestore, clock, leastMs, ...(onStep && { onStep }) });
      settled = { journal, settledMs: clock.earliestMs() };
      return check();
    },
    close: async () => {
      await deadLetters.close();
      await database.close();
    },
  };
}

export interface Simulation extends Books {
  journal: Sent[];
  /** Real milliseconds that the traffic took, with the clock going on in between, and the settling after it. */
  trafficMs: number;
  settleMs: number;
  /** How often each fault struck. */
  struck: Record<string, number>;
  /** Closes the books once more, on what is there now. */
  check(): Promise<Books>;
  close(): Promise<void>;
}

/**
 * A simulated day on a local PulseCart: sends its traffic while things go wrong, settles, and closes the books.
 * @throws Unsettled when something never ends
 */
export async function simulate(options: SimulationOptions): Promise<Simulation> {
  const prepared = await prepare(options);
  try {
    return { ...(await runPrepared(prepared, options)), check: prepared.check, close: prepared.close };
  } catch (error) {
    await prepared.close();
    throw error;
  }
}

async function runPrepared(
  { day, clock, leastMs, closeBooks: close }: Prepared,
  options: SimulationOptions,
): Promise<Omit<Simulation, "check" | "close">> {
  const { url, seed, idleMs = IDLE_MS, onStage, onStep } = options;
  onStage?.("sending", stepsOf(day).length);
  const storm = await startStorm({ url, clock, idleMs, rules: { seed, ...options.faults } });
  let done = 0;
  const onSent = () => onStep?.(++done);
  const [journal, trafficMs] = await timed(() => runDay(day, { ...options, clock: storm.clock, onSent }));
  const struck = await storm.struck();
  onStage?.("settling", Math.ceil(leastMs / MINUTE_MS));
  const onPassed = (passedMs: number) => onStep?.(Math.round(passedMs / MINUTE_MS));
  const [books, settleMs] = await timed(() => close(journal, onPassed));
  return { ...books, journal, trafficMs, settleMs, struck };
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startMs = performance.now();
  const result = await work();
  return [result, performance.now() - startMs];
}
