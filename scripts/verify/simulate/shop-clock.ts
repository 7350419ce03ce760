/** What a client outside knows of the shop's clock: bounds, because asking takes time and it may be moving. */
export interface ShopClock {
  /** The shop's time is this, in milliseconds, or later. */
  earliestMs(): number;
  /** The shop's time is this or earlier. */
  latestMs(): number;
  /** Moves it; every item that falls due on the way is handled. */
  advance(ms: number): Promise<void>;
}

/** The clock of a local PulseCart, moved by nobody else. */
export async function readShopClock(url: string): Promise<ShopClock> {
  let { low, high } = await offsets(url);
  let advancing: Promise<void> = Promise.resolve();
  const advanceNow = async (ms: number): Promise<void> => {
    high += ms;
    const answer = await fetch(`${url}/__local/clock/advance`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ seconds: ms / 1000 }),
    });
    if (!answer.ok) throw new Error(`The clock could not be moved: ${answer.status} ${await answer.text()}`);
    await answer.body?.cancel();
    ({ low, high } = await offsets(url));
  };
  return {
    earliestMs: () => Math.floor(Date.now() + low),
    latestMs: () => Math.ceil(Date.now() + high),
    advance: ms => {
      const done = advancing.then(() => advanceNow(ms));
      advancing = done.catch(() => undefined);
      return done;
    },
  };
}

async function offsets(url: string): Promise<{ low: number; high: number }> {
  const askedMs = Date.now();
  const status = await fetch(`${url}/__local/status`).then(answer => answer.json());
  const nowMs = Date.parse((status as { now: string }).now);
  return { low: nowMs - Date.now(), high: nowMs - askedMs };
}
