import { expect } from "@jest/globals";
import { CLOSE_SHARD, dayReports } from "../../../shared/day-close/closing/day-closing.ts";
import type { DayReport } from "../../../shared/day-close/closing/day-report-types.ts";
import { startDayClose } from "../../../shared/day-close/start-day-close.ts";
import { firestore } from "../../../shared/google/firestore.ts";
import { createTask } from "../../../shared/google/tasks.ts";
import { DAY_MS, MINUTE_MS } from "../../../shared/values/durations.ts";
import { hashOf } from "../../../shared/values/ids.ts";
import { createDraws } from "../../local-cloud/faults/fault-draws.ts";
import type { World } from "./world.ts";
import { startWorld } from "./world.ts";

/** A shop whose day is over and not closed yet. */
export interface DayCloseWorld extends World {
  day: string;
  /** Reports an event of another system. */
  report(event: object): Promise<void>;
  order(user_id: string, items: object[]): Promise<string>;
  /** Closes the day, and tells what it found; `disturb` is called each minute until it is over. */
  closeDay(options?: CloseOptions): Promise<DayReport>;
  /** Remembers the shop's documents; what is answered takes them back to that, and forgets that the day was closed. */
  remember(): Promise<() => Promise<void>>;
}

interface CloseOptions {
  size?: { eventsOfAShard: number; pageSize: number };
  disturb?(minute: number): Promise<void>;
}

/** Begins a day, has it lived, and goes on to some minutes past its end: all of it is counted then. */
export async function dayCloseWorld(live: (world: DayCloseWorld) => Promise<void>): Promise<DayCloseWorld> {
  const plain = await startWorld("all");
  await plain.advanceUnswept(DAY_MS - (plain.clock.now() % DAY_MS));
  const day = new Date(plain.clock.now()).toISOString().slice(0, 10);
  const world: DayCloseWorld = {
    ...plain,
    day,
    report: async event => {
      expect((await plain.send("POST", "/events/ingest", event)).status).toBe(202);
    },
    order: async (user_id, items) => {
      const { status, body } = await plain.send("POST", "/orders", { user_id, items });
      expect(status).toBe(201);
      return body.order_id;
    },
    closeDay: options => closeDay(plain, day, options),
    remember,
  };
  await live(world);
  await world.settle();
  await world.advanceUnswept(DAY_MS - (world.clock.now() % DAY_MS) + MINUTE_MS);
  // The roll-up has its minutes, and it is not yet time to close the day.
  await world.advance(10 * MINUTE_MS);
  await world.settle();
  return world;
}

async function closeDay(world: World, day: string, { size, disturb }: CloseOptions = {}): Promise<DayReport> {
  for (let minute = 0; minute < 30; minute += 1) {
    const options = { nowMs: world.clock.now(), ...(size && { size }) };
    await startDayClose(day, options).catch(() => undefined);
    if (disturb) {
      // Somebody who takes it for stuck: all of its tasks are there twice.
      await startDayClose(day, { ...options, nowMs: options.nowMs + MINUTE_MS }).catch(() => undefined);
      await disturb(minute);
    }
    await world.settle();
    const report = await world.read(dayReports, day);
    if (report) return report;
    await world.advanceUnswept(2 * MINUTE_MS);
  }
  throw new Error("The closing of the day does not end.");
}

/** Tasks that come too late: of first pages that are done, or will be. */
export async function strayTasks(day: string, nowMs: number): Promise<void> {
  for (const shard of [0, 1, 2])
    for (const kind of ["archive", "facts"] as const) {
      const key = `stray.${kind}.${shard}.${nowMs}`;
      const data = { day, run: 1, part: { kind, shard }, page: 0 };
      const call = { functionName: CLOSE_SHARD, path: "/", body: { key, correlation_id: key, data } };
      await createTask({ queue: CLOSE_SHARD, name: hashOf(key), ...call, dueMs: nowMs });
    }
}

/**
 * From now on whoever commits dies now and then, just before or just after: what it would have done next, it does not.
 * What is answered ends that, and tells how often it happened.
 */
export function killNowAndThen(seed: number): () => number {
  const client = firestore();
  const { draw } = createDraws(seed);
  const runTransaction = client.runTransaction.bind(client);
  let killed = 0;
  client.runTransaction = async (body, ...options) => {
    const chance = draw("kill");
    if (chance < 0.3) killed += 1;
    const result = await runTransaction(
      async transaction => {
        const done = await body(transaction);
        if (chance < 0.15) throw new Error("killed before its commit");
        return done;
      },
      ...options,
    );
    if (chance < 0.3) throw new Error("killed after its commit");
    return result;
  };
  return () => {
    client.runTransaction = runTransaction;
    return killed;
  };
}

/** What the closing itself leaves: with it, it knows that it was done. */
const ITS_OWN = [
  ...[
    "dayClosings",
    "day_close_parts",
    "day_close_chunks",
    "day_close_findings",
    "day_close_facts",
    "day_close_subjects",
  ],
  ...["reports", "repairs", "affinities"],
];
const ITS_WORK = ["close-day", "close-shard", "recommend"];

/** What a night puts right. */
const MENDED = [
  ...["stock", "contacts", "ratings", "carts"],
  ...["projections/analytics.1/day_counters", "browse_days", "product_views", "search_terms"],
];

async function remember(): Promise<() => Promise<void>> {
  const kept = (await documentsOf(MENDED)).map(document => [document.ref, document.data()] as const);
  return async () => {
    for (const { ref } of await documentsOf([...ITS_OWN, ...MENDED])) await ref.delete();
    const work = await firestore().collection("ledger").where("by", "in", ITS_WORK).get();
    for (const { ref } of work.docs) await ref.delete();
    for (const [ref, data] of kept) await ref.set(data);
  };
}

async function documentsOf(names: readonly string[]) {
  const found = await Promise.all(names.map(name => firestore().collection(name).get()));
  return found.flatMap(({ docs }) => docs);
}
