import type { FaultRules } from "../../local-cloud/faults/faults.ts";
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
  /** From now on these go wrong. Called with what holds already, it makes it hold again: services start without. */
  change(rules: FaultRules): Promise<void>;
  /** How often each fault struck so far. */
  struck(): Promise<Record<string, number>>;
}

/** Before and after carts are abandoned. */
const AROUND_MS = 3 * 60_000;

/**
 * Things go wrong while something happens. In the hours between, only pushes do: a call that fails makes its client
 * wait in real time, and a sweep of every minute would make an hour of the clock last as long as a real one.
 */
export async function startStorm({ url, clock, rules: first, idleMs }: StormOptions): Promise<Storm> {
  const totals = new Map<string, number>();
  let rules = first;
  let isCalm = false;
  const apply = async (): Promise<void> => {
    const { struck } = await call(url, { method: "GET" });
    for (const [name, count] of Object.entries(struck)) totals.set(name, (totals.get(name) ?? 0) + count);
    const to = isCalm ? onlyPushes(rules) : rules;
    await call(url, { method: "POST", body: JSON.stringify(to), headers: JSON_HEADERS });
  };
  const turn = (calm: boolean): Promise<void> => {
    isCalm = calm;
    return apply();
  };
  const goOn = async (ms: number, calm: boolean): Promise<void> => {
    if (ms <= 0) return;
    await turn(calm);
    await clock.advance(ms);
  };
  await apply();
  totals.clear();
  return {
    clock: {
      ...clock,
      advance: async ms => {
        const quietMs = Math.min(ms, idleMs - AROUND_MS);
        const stormyMs = Math.min(ms - quietMs, 2 * AROUND_MS);
        await goOn(quietMs, true);
        await goOn(stormyMs, false);
        await goOn(ms - quietMs - stormyMs, true);
        await turn(false);
      },
    },
    change: to => {
      rules = to;
      return apply();
    },
    struck: async () => {
      await apply();
      return Object.fromEntries(totals);
    },
  };
}

function onlyPushes({ seed, duplicate, delay, reorder }: FaultRules): FaultRules {
  return JSON.parse(JSON.stringify({ seed, duplicate, delay, reorder }));
}

const JSON_HEADERS = { "content-type": "application/json" };

async function call(url: string, request: RequestInit): Promise<{ struck: Record<string, number> }> {
  const answer = await fetch(`${url}/__local/faults`, request);
  if (!answer.ok) throw new Error(`The faults were refused: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as { struck: Record<string, number> };
}
