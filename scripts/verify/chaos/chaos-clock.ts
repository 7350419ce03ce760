import { setTimeout as delay } from "node:timers/promises";
import type { ShopClock } from "../simulate/shop-clock.ts";

const AGAIN_MS = 50;

/** The shop's clock, known exactly. Who moves it goes on where it stands when the local cloud was killed meanwhile. */
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
      await delay(AGAIN_MS);
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
