import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Firestore } from "@google-cloud/firestore";
import type { Measure } from "./measure.ts";

const RACERS = 20;
/** Time limit of a race. A race of Google's emulator takes longer; the transactions completed by then count. */
const MAX_RACE_MS = 60_000;
const WARM_UP_MS = 10_000;
/** Min duration of a round. Short races are repeated until then. */
const ROUND_MS = 2_000;

/** Measures read-modify-write transactions of 20 clients on one document. Each client commits once per race. */
export const contendedTransactions: Measure = {
  name: `Firestore transactions/s, ${RACERS} racing on one document`,
  service: "firestore",
  least: 100,
  prepare: async host => ({
    warmUp: async () => void (await races(host, WARM_UP_MS)),
    round: () => races(host, MAX_RACE_MS),
    close: async () => undefined,
  }),
};

async function races(host: string, limitMs: number): Promise<number> {
  // Own clients per round: transactions left over by a stopped race end with their clients.
  const clients = Array.from({ length: RACERS }, () => {
    return new Firestore({ projectId: "demo-bench", host, ssl: false });
  });
  try {
    await Promise.all(clients.map(client => client.doc("races/none").get()));
    let completed = 0;
    let ms = 0;
    while (ms < Math.min(ROUND_MS, limitMs)) {
      const race = await raceOnce(clients, limitMs);
      completed += race.completed;
      ms += race.ms;
    }
    return (completed * 1000) / ms;
  } finally {
    await Promise.all(clients.map(client => client.terminate()));
  }
}

async function raceOnce(clients: readonly Firestore[], limitMs: number) {
  const path = `races/${randomUUID()}`;
  const startedMs = performance.now();
  const over = new AbortController();
  let completed = 0;
  const run = async (client: Firestore): Promise<void> => {
    while (!(await incremented(client, path, over.signal)) && !over.signal.aborted);
    if (!over.signal.aborted) completed += 1;
  };
  const all = Promise.all(clients.map(run));
  await Promise.race([all, delay(limitMs, undefined, { ref: false })]);
  over.abort();
  const result = { completed, ms: performance.now() - startedMs };
  await all;
  const value = Number((await clients[0]?.doc(path).get())?.get("value") ?? 0);
  // A transaction that ran at the time limit may have committed since.
  const right = completed === clients.length ? value === completed : value >= completed;
  if (!right) throw new Error(`Document wrong: expected ${completed} after the race, got ${value}`);
  return result;
}

/** Increments the value once. @returns false when the transaction failed: too many conflicts, or a stopped race */
function incremented(client: Firestore, path: string, over: AbortSignal): Promise<boolean> {
  const add = client.runTransaction(async transaction => {
    over.throwIfAborted();
    const ref = client.doc(path);
    const value = Number((await transaction.get(ref)).get("value") ?? 0);
    transaction.set(ref, { value: value + 1 });
  });
  return add.then(
    () => true,
    () => false,
  );
}
