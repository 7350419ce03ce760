import { CloudSchedulerClient } from "@google-cloud/scheduler";
import { credentials } from "@grpc/grpc-js";
import { config } from "../../../shared/config.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/values/durations.ts";
import { createDayTraffic } from "../bench/fill/day-traffic.ts";
import type { CountedCloud } from "./counted-cloud.ts";
import type { Counts } from "./tally.ts";
import { notBelowZero, nothing, plus, scaled } from "./tally.ts";

/** What one event of the mix needs, and what a day needs in which there is none. */
export interface DayUnits {
  /** How many were counted. */
  events: number;
  perEvent: Counts;
  perDay: Counts;
}

export interface DayOptions {
  events: number;
  seed?: number;
  onStage?(name: string): void;
}

/** Those of a minute are added up together: with more of them that is less for each. */
const EVENTS_A_MINUTE = 50;
/** Until whatever is added up every minute is. */
const ADDED_UP_MS = 10 * MINUTE_MS;
/** Carts are left after hours; the last reminder of one is sent after three days; dayClosings are closed. */
const AFTER_DAYS = 4;

/**
 * Counts an hour and a night in which nothing happens; then the events of a generated day, a few every minute, and what
 * they cause in the days after. What the clock calls without a reason to is counted once only, and taken off.
 */
export async function countDay(
  cloud: CountedCloud,
  { events, seed = 1, onStage }: DayOptions,
): Promise<DayUnits> {
  const traffic = createDayTraffic({
    seed,
    events,
    day: new Date(cloud.clock.now()).toISOString().slice(0, 10),
  });
  const { counts, advance, url } = cloud;
  const between = async (run: () => Promise<void>): Promise<Counts> => {
    const before = await counts();
    await run();
    return plus(await counts(), before, -1);
  };
  onStage?.("a shop opens");
  for (const { product_id, price, stock, threshold } of traffic.goods)
    await send(`${url}/products/${product_id}`, "PUT", { name: product_id, price, stock, threshold });
  await cloud.settle();
  onStage?.("a night without events");
  // The first may still close what came before.
  await withoutMinutely(cloud, () => advance(DAY_MS));
  const night = await between(() => withoutMinutely(cloud, () => advance(DAY_MS)));
  onStage?.("an hour without events");
  const hour = await between(() => advance(HOUR_MS));
  onStage?.(`${events} events`);
  let minutes = 0;
  const day = await between(async () => {
    const all = [...traffic.events()].map(({ event }) => event);
    for (let from = 0; from < all.length; from += EVENTS_A_MINUTE) {
      const timestamp = new Date(cloud.clock.now()).toISOString();
      const some = all.slice(from, from + EVENTS_A_MINUTE).map(event => ({ ...event, timestamp }));
      await cloud.watchingDocuments(() => report(cloud, some));
      await advance(MINUTE_MS);
      minutes += 1;
    }
    await advance(ADDED_UP_MS);
    onStage?.("what they cause in the days after");
    await withoutMinutely(cloud, () => advance(AFTER_DAYS * DAY_MS));
  });
  const hours = (minutes * MINUTE_MS + ADDED_UP_MS) / HOUR_MS;
  const caused = plus(plus(day, hour, -hours), night, -AFTER_DAYS);
  return {
    events,
    perEvent: scaled(notBelowZero(caused), 1 / events),
    perDay: notBelowZero(plus(plus(nothing, hour, 24), night)),
  };
}

/** One after the other: together they would wait for each other in this one process, and seem slower than they are. */
async function report({ url, settle }: CountedCloud, events: readonly object[]): Promise<void> {
  for (const event of events) await send(`${url}/events/ingest`, "POST", event);
  await settle();
}

/** @throws Error with the answer, when it is not one of success */
async function send(url: string, method: string, body: object): Promise<void> {
  const answer = await fetch(url, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url} answered ${answer.status}: ${text}`);
}

/** Days pass without what is called every minute, so that they take no longer than what happens in them. */
async function withoutMinutely({ status }: CountedCloud, run: () => Promise<void>): Promise<void> {
  const { projectId, region } = config();
  const [apiEndpoint = "", port] = status().scheduler.split(":");
  const sslCreds = credentials.createInsecure();
  const scheduler = new CloudSchedulerClient({ projectId, apiEndpoint, port: Number(port), sslCreds });
  const [jobs] = await scheduler.listJobs({ parent: scheduler.locationPath(projectId, region) });
  const names = jobs.flatMap(({ name, schedule }) => (name && schedule?.startsWith("* ") ? [name] : []));
  await Promise.all(names.map(name => scheduler.pauseJob({ name })));
  await run();
  await Promise.all(names.map(name => scheduler.resumeJob({ name })));
  await scheduler.close();
}
