import { setTimeout as delay } from "node:timers/promises";
import type { ShopClock } from "../simulate/shop-clock.ts";

/** Wait before the next request while the local cloud is down. */
const RETRY_MS = 50;

/** Creates a clock that knows the shop's time exactly. A move continues after a kill of the local cloud. */
export function createChaosClock(url: string, now: () => number): ShopClock {
  let advancing: Promise<void> = Promise.resolve();
  const advanceNow = async (ms: number): Promise<void> => {
    const targetMs = now() + ms;
    for (let leftMs = ms; leftMs > 0; leftMs = targetMs - now()) {
      const answer = await fetch(`${url}/__local/clock/advance`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ seconds: leftMs / 1000 }),
      });
      await answer.body?.cancel();
      if (answer.ok) return;
      await delay(RETRY_MS);
    }
  };
  return {
    earliestMs: () => Math.floor(now()),
    latestMs: () => Math.ceil(now()),
    advance: ms => {
      const done = advancing.then(() => advanceNow(ms));
      advancing = done.catch(() => undefined);
      return done;
    },
  };
}
