import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Firestore } from "@google-cloud/firestore";
import type { Measure } from "./measure.ts";

const RACERS = 20;
/** Google's emulator takes longer than that for one race: then what it has completed counts. */
const LONGEST_RACE_MS = 60_000;
const WARM_UP_MS = 10_000;
/** So many races make a round where one takes a moment. */
const ROUND_MS = 2_000;

/** Read-modify-write of one document by 20 clients at once, again until each has done it once. */
export const contendedTransactions: Measure = {
  name: `Firestore transactions/s, ${RACERS} racing on one document`,
  service: "firestore",
  least: 100,
  prepare: async host => ({
    warmUp: async () => void (await races(host, WARM_UP_MS)),
    round: () => races(host, LONGEST_RACE_MS),
    close: async () => undefined,
  }),
};

async function races(host: string, longestMs: number): Promise<number> {
  // Clients of its own: what a race that was broken off leaves under way ends with them.
  const clients = Array.from({ length: RACERS }, () => {
    return new Firestore({ projectId: "demo-bench", host, ssl: false });
  });
  try {
    await Promise.all(clients.map(client => client.doc("races/none").get()));
    let completed = 0;
    let ms = 0;
    while (ms < Math.min(ROUND_MS, longestMs)) {
      const race = await raceOnce(clients, longestMs);
      completed += race.completed;
      ms += race.ms;
    }
    return (completed * 1000) / ms;
  } finally {
    await Promise.all(clients.map(client => client.terminate()));
  }
}

async function raceOnce(clients: readonly Firestore[], longestMs: number) {
  const path = `races/${randomUUID()}`;
  const startedMs = performance.now();
  const over = new AbortController();
  let completed = 0;
  const run = async (client: Firestore): Promise<void> => {
    while (!(await incremented(client, path, over.signal)) && !over.signal.aborted);
    if (!over.signal.aborted) completed += 1;
  };
  const all = Promise.all(clients.map(run));
  await Promise.race([all, delay(longestMs, undefined, { ref: false })]);
  over.abort();
  const result = { completed, ms: performance.now() - startedMs };
  await all;
  const value = Number((await clients[0]?.doc(path).get())?.get("value") ?? 0);
  // One that was under way when the time was up may have gone through since.
  const right = completed === clients.length ? value === completed : value >= completed;
  if (!right) throw new Error(`the document says ${value} after ${completed} transactions`);
  return result;
}

/** False when it met the others too often, or was broken off. */
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
