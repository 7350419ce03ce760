/** The shop's clock as an outside client knows it: two bounds. A request takes time, and the clock may move. */
export interface ShopClock {
  /** Lower bound of the shop's time, in milliseconds since the Unix epoch. */
  earliestMs(): number;
  /** Upper bound of the shop's time, in milliseconds since the Unix epoch. */
  latestMs(): number;
  /** Moves the clock. PulseCart handles every item that falls due on the way. Moves run one after the other. */
  advance(ms: number): Promise<void>;
}

/** Reads the clock of a local PulseCart. No other client may move that clock meanwhile. */
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
    if (!answer.ok) {
      throw new Error(`Clock not moved: expected status 2xx, got ${answer.status} ${await answer.text()}`);
    }
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

/** Reads by how much the shop's clock is ahead of real time, at least and at most. */
async function offsets(url: string): Promise<{ low: number; high: number }> {
  const askedMs = Date.now();
  const status = await fetch(`${url}/__local/status`).then(answer => answer.json());
  const nowMs = Date.parse((status as { now: string }).now);
  return { low: nowMs - Date.now(), high: nowMs - askedMs };
}
