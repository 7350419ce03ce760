import { MINUTE_MS, SECOND_MS } from "../../../shared/values/durations.ts";
import type { Difference } from "../simulate/difference.ts";
import { FaultSchedule } from "../simulate/fault-schedule.ts";
import type { Sent } from "../simulate/run-day.ts";
import { runDay } from "../simulate/run-day.ts";
import { PreparedDay } from "../simulate/simulation.ts";
import { runActs } from "./act-runner.ts";
import { createChaosClock } from "./chaos-clock.ts";
import type { Leak } from "./leaks.ts";
import { leaksInShop } from "./leaks-in-shop.ts";
import { PersonalValues } from "./personal-values.ts";
import type { Act } from "./plan.ts";
import { planChaos } from "./plan.ts";
import type { Shop } from "./shop.ts";
import { openShop } from "./shop.ts";

export interface ChaosOptions {
  seed: number;
  /** Length of the traffic and of the disturbances, in real milliseconds. */
  forMs: number;
  /** Idle time after which a cart is abandoned; an hour by default. */
  idleMs?: number;
  /** Names of the functions to start; all by default. */
  only?: readonly string[];
  /** Uses Google's own Firestore and Pub/Sub emulators, which cannot be restarted. */
  isGoogle?: boolean;
  /** The folder for bundles, logs and data. */
  folder: string;
  /** Ends the run early. The requests sent so far are checked. */
  signal?: AbortSignal;
  onPlan?(acts: readonly Act[]): void;
  onStage?(name: string, total: number): void;
  onStep?(done: number): void;
}

export interface ChaosResult {
  /** Number of requests. */
  sent: number;
  /** Number of checked items by kind. */
  checked: Record<string, number>;
  /** Number of injected faults by name. */
  struck: Record<string, number>;
  /** Number of killed processes. */
  killed: { functions: number; cloud: number };
  differences: Difference[];
  leaks: Leak[];
  /** One sentence for each process that ended without a kill. */
  ended: readonly string[];
}

/** Idle time of carts by default: an hour of the clock takes long when every function is a process. */
const IDLE_MS = 60 * MINUTE_MS;
/** Max requests per second: the load that two processors handle beside the starts of processes. */
const RATE = 40;
/** Real time of one round. Between two rounds the clock moves by hours. */
const ROUND_MS = 10_000;
/** Max rounds. A longer run has more events per round: one busy day instead of weeks of quiet hours. */
const MAX_ROUNDS = 24;
/** Share of views and searches: smaller than in a real shop, so that more requests change state. */
const BROWSE_SHARE = 0.5;

/**
 * Runs a shop of many processes under disturbances. Functions and the local cloud are killed and restarted, calls and
 * deliveries fail, and the clock jumps. Then all processes run without faults until all work is done. At last the totals are
 * checked, and every output is searched for the personal values that were sent.
 * @throws WorkLeft when some work never ends
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { folder, isGoogle = false, idleMs = IDLE_MS, only } = options;
  options.onStage?.("starting", 1);
  const shop = await openShop(folder, { isGoogle, idleMs, only });
  try {
    return await disturb(shop, options);
  } finally {
    await shop.close();
  }
}

async function disturb(shop: Shop, options: ChaosOptions): Promise<ChaosResult> {
  const { seed, forMs, idleMs = IDLE_MS, isGoogle = false, onStage, onStep } = options;
  const acts = planChaos({ seed, forMs, functions: shop.names, idleMs, isGoogle });
  options.onPlan?.(acts);
  const personal = new PersonalValues(seed);
  const rounds = Math.min(Math.max(2, Math.round(forMs / ROUND_MS)), MAX_ROUNDS);
  const events = Math.round((RATE * forMs) / SECOND_MS);
  const traffic = { url: shop.url, seed, events, rounds, browseShare: BROWSE_SHARE, idleMs };
  const prepared = await PreparedDay.prepare(traffic);
  try {
    const { journal, struck } = await sendUnderFire(shop, { prepared, personal, acts }, options);
    onStage?.("finishing", Math.ceil(prepared.leastMs / MINUTE_MS));
    const killed = { functions: shop.functions.kills(), cloud: shop.services.kills() };
    const result = await prepared.finish(journal, ms => onStep?.(Math.round(ms / MINUTE_MS)));
    const leaks = await leaksInShop(shop, personal);
    await prepared.close();
    return { ...result, sent: journal.length, struck, killed, leaks, ended: endedIn(shop) };
  } catch (error) {
    // Without the shop, its clients would try to reconnect for a minute: do not wait for that.
    prepared.close().catch(() => undefined);
    throw new Error(["The run was not finished.", ...endedIn(shop)].join(" "), { cause: error });
  }
}

function endedIn({ functions, services }: Shop): string[] {
  return [...functions.ended, ...services.ended];
}

interface ChaosTraffic {
  prepared: PreparedDay;
  personal: PersonalValues;
  acts: readonly Act[];
}

async function sendUnderFire(
  shop: Shop,
  { prepared, personal, acts }: ChaosTraffic,
  { forMs, idleMs = IDLE_MS, signal, onStage, onStep }: ChaosOptions,
): Promise<{ journal: Sent[]; struck: Record<string, number> }> {
  const { url } = shop;
  const clock = createChaosClock(url, shop.now);
  const faults = await FaultSchedule.start({ url, clock, idleMs, rules: {} });
  const { opening, ...day } = personal.plantIn(prepared.day);
  const opened = await runDay({ ...day, opening, rounds: [] }, { url, clock });
  onStage?.("under fire", Math.ceil(forMs / SECOND_MS));
  const startMs = performance.now();
  const onSent = () => onStep?.(Math.floor(Math.min(performance.now() - startMs, forMs) / SECOND_MS));
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), forMs);
  if (signal?.aborted) stop.abort();
  signal?.addEventListener("abort", () => stop.abort());
  const run = { url, clock: faults.clock, rate: RATE, signal: stop.signal, onSent };
  const traffic = runDay({ ...day, opening: [] }, run).finally(() => stop.abort());
  const [sent] = await Promise.all([traffic, runActs(acts, { ...shop, clock, faults }, stop)]);
  clearTimeout(timer);
  return { journal: [...opened, ...sent], struck: await faults.struck() };
}
