import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { FaultRules } from "../../local-cloud/faults/faults.ts";
import type { HttpRequest } from "./send.ts";
import { sendUntilKnown } from "./send.ts";
import type { ShopClock } from "./shop-clock.ts";

export interface FaultScheduleOptions {
  url: string;
  clock: ShopClock;
  rules: FaultRules;
  /** Idle time after which a cart is abandoned: even without requests, PulseCart works at that time. */
  idleMs: number;
}

/** Time before and after the abandonment of carts in which all faults apply. */
const AROUND_MS = 3 * MINUTE_MS;
/** Max time of a restart of the local cloud, in real milliseconds: a busy machine takes more than ten seconds. */
const RESTART_MS = 60_000;
const JSON_HEADERS = { "content-type": "application/json" };

/**
 * Injects faults while PulseCart has work. In the hours between, only deliveries fail. A failed call lets its
 * client wait in real time. With a sweep every minute, an hour of the clock would take as long as a real hour.
 */
export class FaultSchedule {
  /** Moves the given clock, and chooses the faults for each part of the way. */
  readonly clock: ShopClock;
  readonly #url: string;
  readonly #totals = new Map<string, number>();
  #rules: FaultRules;
  #isQuiet = false;

  private constructor({ url, clock, rules, idleMs }: FaultScheduleOptions) {
    this.#url = url;
    this.#rules = rules;
    this.clock = { ...clock, advance: ms => this.#advance(clock, ms, idleMs) };
  }

  /** Injects the first faults. */
  static async start(options: FaultScheduleOptions): Promise<FaultSchedule> {
    const schedule = new FaultSchedule(options);
    await schedule.#apply();
    schedule.#totals.clear();
    return schedule;
  }

  /** Changes the faults. Restarted services have none: the same rules then have to be set again. */
  change(rules: FaultRules): Promise<void> {
    this.#rules = rules;
    return this.#apply();
  }

  /** Returns how often each fault was injected so far. */
  async struck(): Promise<Record<string, number>> {
    await this.#apply();
    return Object.fromEntries(this.#totals);
  }

  async #advance(clock: ShopClock, ms: number, idleMs: number): Promise<void> {
    const beforeMs = Math.min(ms, idleMs - AROUND_MS);
    const aroundMs = Math.min(ms - beforeMs, 2 * AROUND_MS);
    await this.#advancePart(clock, beforeMs, true);
    await this.#advancePart(clock, aroundMs, false);
    await this.#advancePart(clock, ms - beforeMs - aroundMs, true);
    await this.#setQuiet(false);
  }

  async #advancePart(clock: ShopClock, ms: number, isQuiet: boolean): Promise<void> {
    if (ms <= 0) return;
    await this.#setQuiet(isQuiet);
    await clock.advance(ms);
  }

  #setQuiet(isQuiet: boolean): Promise<void> {
    this.#isQuiet = isQuiet;
    return this.#apply();
  }

  /** Sets the rules of the moment. The counts so far are read first: setting rules resets them. */
  async #apply(): Promise<void> {
    const { struck } = await callFaults(this.#url, { method: "GET", headers: {} });
    for (const [name, count] of Object.entries(struck)) {
      this.#totals.set(name, (this.#totals.get(name) ?? 0) + count);
    }
    const body = JSON.stringify(this.#isQuiet ? onlyDeliveryFaults(this.#rules) : this.#rules);
    await callFaults(this.#url, { method: "POST", body, headers: JSON_HEADERS });
  }
}

function onlyDeliveryFaults({ seed, duplicate, delay, reorder }: FaultRules): FaultRules {
  return { seed, duplicate, delay, reorder };
}

/** Calls the faults of the local cloud. During a restart, which chaos causes, the call is repeated. */
async function callFaults(
  url: string,
  request: Omit<HttpRequest, "url">,
): Promise<{ struck: Record<string, number> }> {
  const { status = 0, answer } = await sendUntilKnown(
    { url: `${url}/__local/faults`, ...request },
    RESTART_MS,
  );
  if (status < 200 || status >= 300) {
    throw new Error(`Faults refused: expected status 2xx, got ${status} ${JSON.stringify(answer)}`);
  }
  return answer;
}
