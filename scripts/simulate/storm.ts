import type { FaultRules } from "../local/faults.ts";
import type { ShopClock } from "./shop-clock.ts";

export interface StormOptions {
  url: string;
  clock: ShopClock;
  rules: FaultRules;
  /** After so long carts are abandoned: then something happens, also while nobody shops. */
  idleMs: number;
}

export interface Storm {
  /** Goes on like the one it was given, with the faults that the time of day calls for. */
  clock: ShopClock;
  /** How often each fault struck so far. */
  struck(): Promise<Record<string, number>>;
}

/** Before and after carts are abandoned. */
const AROUND_MS = 3 * 60_000;

/**
 * Things go wrong while something happens. In the hours between, only pushes do: a call that fails makes its client
 * wait in real time, and a sweep of every minute would make an hour of the clock last as long as a real one.
 */
export async function startStorm({ url, clock, rules, idleMs }: StormOptions): Promise<Storm> {
  const totals = new Map<string, number>();
  const { seed, duplicate, delay, reorder } = rules;
  const calm: FaultRules = JSON.parse(JSON.stringify({ seed, duplicate, delay, reorder }));
  const change = async (to: FaultRules): Promise<void> => {
    const { struck } = await call(url, { method: "GET" });
    for (const [name, count] of Object.entries(struck)) totals.set(name, (totals.get(name) ?? 0) + count);
    await call(url, { method: "POST", body: JSON.stringify(to), headers: JSON_HEADERS });
  };
  const goOn = async (ms: number, under: FaultRules): Promise<void> => {
    if (ms <= 0) return;
    await change(under);
    await clock.advance(ms);
  };
  await change(rules);
  totals.clear();
  return {
    clock: {
      ...clock,
      advance: async ms => {
        const quietMs = Math.min(ms, idleMs - AROUND_MS);
        const stormyMs = Math.min(ms - quietMs, 2 * AROUND_MS);
        await goOn(quietMs, calm);
        await goOn(stormyMs, rules);
        await goOn(ms - quietMs - stormyMs, calm);
        await change(rules);
      },
    },
    struck: async () => {
      await change(rules);
      return Object.fromEntries(totals);
    },
  };
}

const JSON_HEADERS = { "content-type": "application/json" };

async function call(url: string, request: RequestInit): Promise<{ struck: Record<string, number> }> {
  const answer = await fetch(`${url}/__local/faults`, request);
  if (!answer.ok) throw new Error(`The faults were refused: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as { struck: Record<string, number> };
}
