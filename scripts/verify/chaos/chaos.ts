import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { MINUTE_MS, SECOND_MS } from "../../../shared/values/durations.ts";
import type { Difference } from "../simulate/difference.ts";
import { openDatabase } from "../simulate/found.ts";
import type { Sent } from "../simulate/run-day.ts";
import { runDay } from "../simulate/run-day.ts";
import type { Prepared } from "../simulate/simulation.ts";
import { prepare } from "../simulate/simulation.ts";
import { startStorm } from "../simulate/storm.ts";
import { carryOut } from "./carry-out.ts";
import { createChaosClock } from "./chaos-clock.ts";
import type { Leak } from "./leaks.ts";
import { leaksInCollection, leaksInFiles } from "./leaks.ts";
import type { Act } from "./plan.ts";
import { planChaos } from "./plan.ts";
import type { Planted } from "./planted.ts";
import { createPlanted } from "./planted.ts";
import type { Shop } from "./shop.ts";
import { openShop, root } from "./shop.ts";

export interface ChaosOptions {
  seed: number;
  /** So long its traffic goes on and things are done to it, in real milliseconds. */
  forMs: number;
  /** After so long a cart is abandoned; an hour where nothing is said. */
  idleMs?: number;
  /** The functions that it has; every one where nothing is said. */
  only?: readonly string[];
  /** On Google's own Firestore and Pub/Sub emulators, which cannot be restarted. */
  isGoogle?: boolean;
  /** Where its bundles, logs and data go. */
  folder: string;
  /** Ends it before its time; what was sent until then is checked all the same. */
  signal?: AbortSignal;
  onPlan?(acts: readonly Act[]): void;
  onStage?(name: string, total: number): void;
  onStep?(done: number): void;
}

export interface ChaosResult {
  sent: number;
  checked: Record<string, number>;
  /** How often each fault struck. */
  struck: Record<string, number>;
  /** How many processes were killed. */
  killed: { functions: number; cloud: number };
  differences: Difference[];
  leaks: Leak[];
  /** Who ended without being killed, in words. */
  ended: readonly string[];
}

/** When a cart is abandoned here: the clock's hours take their time with every function in a process of its own. */
const IDLE_MS = 60 * MINUTE_MS;
/** Requests a second: what two processors can do beside all the starting. */
const RATE = 40;
/** Between two rounds the clock goes on for hours. */
const ROUND_MS = 10_000;
/** A longer run has more in each of them: it is one busy day, and not weeks of minutes without an event. */
const MOST_ROUNDS = 24;
/** The share of views and searches: fewer than in a real shop, so that there is more to get wrong. */
const BROWSE = 0.5;

/**
 * A shop of many processes under fire: its traffic goes on while functions and the local cloud are killed and
 * started again, calls and deliveries fail, and the clock jumps. Then everybody is up and nothing fails, everything
 * settles, the books are closed, and every output is looked through for personal values that were sent.
 * @throws Unsettled when something never ends
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { folder, isGoogle = false, idleMs = IDLE_MS, only } = options;
  options.onStage?.("starting", 1);
  const shop = await openShop(folder, { isGoogle, idleMs, ...(only && { only }) });
  try {
    return await underFire(shop, options);
  } finally {
    await shop.close();
  }
}

async function underFire(shop: Shop, options: ChaosOptions): Promise<ChaosResult> {
  const { seed, forMs, idleMs = IDLE_MS, isGoogle = false, onStage, onStep } = options;
  const acts = planChaos({ seed, forMs, functions: shop.names, idleMs, isGoogle });
  options.onPlan?.(acts);
  const planted = createPlanted(seed);
  const rounds = Math.min(Math.max(2, Math.round(forMs / ROUND_MS)), MOST_ROUNDS);
  const events = Math.round((RATE * forMs) / SECOND_MS);
  const prepared = await prepare({ url: shop.url, seed, events, rounds, flood: BROWSE, idleMs });
  try {
    const { journal, struck } = await sendUnderFire(shop, { prepared, planted, acts }, options);
    onStage?.("settling", Math.ceil(prepared.leastMs / MINUTE_MS));
    const killed = { functions: shop.functions.kills(), cloud: shop.services.kills() };
    const books = await prepared.closeBooks(journal, ms => onStep?.(Math.round(ms / MINUTE_MS)));
    const leaks = await findLeaks(shop, planted);
    await prepared.close();
    return { ...books, sent: journal.length, struck, killed, leaks, ended: endedIn(shop) };
  } catch (error) {
    // Where the shop is gone, its clients would look for it for a minute.
    prepared.close().catch(() => undefined);
    throw new Error(["The run was not finished.", ...endedIn(shop)].join(" "), { cause: error });
  }
}

function endedIn({ functions, services }: Shop): string[] {
  return [...functions.ended, ...services.ended];
}

interface Traffic {
  prepared: Prepared;
  planted: Planted;
  acts: readonly Act[];
}

async function sendUnderFire(
  shop: Shop,
  { prepared, planted, acts }: Traffic,
  { forMs, idleMs = IDLE_MS, signal, onStage, onStep }: ChaosOptions,
): Promise<{ journal: Sent[]; struck: Record<string, number> }> {
  const { url } = shop;
  const clock = createChaosClock(url, shop.now);
  const storm = await startStorm({ url, clock, idleMs, rules: {} });
  const { opening, ...day } = planted.plantIn(prepared.day);
  const opened = await runDay({ ...day, opening, rounds: [] }, { url, clock });
  onStage?.("under fire", Math.ceil(forMs / SECOND_MS));
  const startMs = performance.now();
  const onSent = () => onStep?.(Math.floor(Math.min(performance.now() - startMs, forMs) / SECOND_MS));
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), forMs);
  if (signal?.aborted) stop.abort();
  signal?.addEventListener("abort", () => stop.abort());
  const run = { url, clock: storm.clock, rate: RATE, signal: stop.signal, onSent };
  const traffic = runDay({ ...day, opening: [] }, run).finally(() => stop.abort());
  const [sent] = await Promise.all([traffic, carryOut(acts, { ...shop, clock, storm }, stop)]);
  clearTimeout(timer);
  return { journal: [...opened, ...sent], struck: await storm.struck() };
}

/** Also in what is kept of failures, in what an operator gets to see of them, and in what stays on record of that. */
async function findLeaks(shop: Shop, planted: Planted): Promise<Leak[]> {
  const { firestore, close } = await openDatabase(shop.url);
  const look = (name: string, fields?: string[]): Promise<Leak[]> =>
    leaksInCollection(firestore.collection(name), planted, fields);
  await operate(shop, []);
  const reasons = [...(await look("ledger", ["reason"])), ...(await look("effects", ["reason"]))];
  await operate(shop, ["drop", "--all", "--reason", "the end of a chaos run"]);
  const records = await look("audit");
  await close();
  return [...leaksInFiles(shop.logs, planted), ...reasons, ...records];
}

async function operate({ url, logs }: Shop, args: readonly string[]): Promise<void> {
  const output = openSync(join(logs, "parked.log"), "a");
  const tool = spawn(process.execPath, ["scripts/operate/parked.ts", ...args, "--url", url, "--json"], {
    cwd: root,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const [code] = await once(tool, "exit");
  if (code !== 0) throw new Error(`npm run parked ended with ${code}: see ${join(logs, "parked.log")}`);
}
