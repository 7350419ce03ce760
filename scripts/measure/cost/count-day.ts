import { CloudSchedulerClient } from "@google-cloud/scheduler";
import { credentials } from "@grpc/grpc-js";
import { config } from "../../../shared/config.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/values/durations.ts";
import { createDayTraffic } from "../bench/fill/day-traffic.ts";
import type { CountedCloud } from "./counted-cloud.ts";
import type { Counts } from "./tally.ts";
import { notBelowZero, nothing, plus, scaled } from "./tally.ts";

/** The billed units of one event, and of a day without events. */
export interface DayUnits {
  /** The number of counted events. */
  events: number;
  perEvent: Counts;
  perDay: Counts;
}

/** The generated day. */
export interface DayOptions {
  events: number;
  seed?: number;
  onStage?(name: string): void;
}

/** Events per minute. The roll-up aggregates a minute at once, so more events would lower its share of each. */
const EVENTS_PER_MINUTE = 50;
/** Time until the roll-up has aggregated the last events. */
const ROLLED_UP_MS = 10 * MINUTE_MS;
/** Days after the events. Carts are abandoned, the last reminder goes out after three days, days are closed. */
const FOLLOWING_DAYS = 4;

/**
 * Counts a day and an hour without events, then the events of a generated day with their consequences.
 * The result for one event leaves out the scheduled calls, which a day without events counts.
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
  const { advance } = cloud;
  const between = async (run: () => Promise<void>): Promise<Counts> => {
    const before = await cloud.counts();
    await run();
    return plus(await cloud.counts(), before, -1);
  };
  onStage?.("a shop opens");
  await createProducts(cloud, traffic.goods);
  onStage?.("a day without events");
  // The first day may still close the days before.
  await withoutMinuteJobs(cloud, () => advance(DAY_MS));
  const idleDay = await between(() => withoutMinuteJobs(cloud, () => advance(DAY_MS)));
  onStage?.("an hour without events");
  const idleHour = await between(() => advance(HOUR_MS));
  onStage?.(`${events} events`);
  let minutes = 0;
  const day = await between(async () => {
    const all = [...traffic.events()].map(({ event }) => event);
    minutes = await playEvents(cloud, all);
    await advance(ROLLED_UP_MS);
    onStage?.("their consequences in the days after");
    await withoutMinuteJobs(cloud, () => advance(FOLLOWING_DAYS * DAY_MS));
  });
  const hours = (minutes * MINUTE_MS + ROLLED_UP_MS) / HOUR_MS;
  const caused = plus(plus(day, idleHour, -hours), idleDay, -FOLLOWING_DAYS);
  return {
    events,
    perEvent: scaled(notBelowZero(caused), 1 / events),
    perDay: notBelowZero(plus(plus(nothing, idleHour, 24), idleDay)),
  };
}

async function createProducts(
  { url, settle }: CountedCloud,
  goods: ReturnType<typeof createDayTraffic>["goods"],
): Promise<void> {
  for (const { product_id, price, stock, threshold } of goods)
    await send(`${url}/products/${product_id}`, "PUT", { name: product_id, price, stock, threshold });
  await settle();
}

/**
 * Sends the events of a day, some in each minute of the cloud's clock.
 * @returns the number of minutes
 */
async function playEvents(cloud: CountedCloud, events: readonly object[]): Promise<number> {
  let minutes = 0;
  for (let from = 0; from < events.length; from += EVENTS_PER_MINUTE) {
    const timestamp = new Date(cloud.clock.now()).toISOString();
    const some = events.slice(from, from + EVENTS_PER_MINUTE).map(event => ({ ...event, timestamp }));
    await cloud.watchingDocuments(() => report(cloud, some));
    await cloud.advance(MINUTE_MS);
    minutes += 1;
  }
  return minutes;
}

/** Sends events one after the other. Together they would wait for each other in this process and seem slower. */
async function report({ url, settle }: CountedCloud, events: readonly object[]): Promise<void> {
  for (const event of events) await send(`${url}/events/ingest`, "POST", event);
  await settle();
}

/** @throws Error with the answer when the request fails */
async function send(url: string, method: string, body: object): Promise<void> {
  const answer = await fetch(url, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url} failed: expected success, got ${answer.status}: ${text}`);
}

/** Pauses the jobs of every minute while days pass, so that idle days take no time. */
async function withoutMinuteJobs({ status }: CountedCloud, run: () => Promise<void>): Promise<void> {
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
