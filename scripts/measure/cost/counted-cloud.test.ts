import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { firestore } from "../../../shared/google/firestore.ts";
import { HOUR_MS } from "../../../shared/values/durations.ts";
import { loadFunctions } from "../../plan/load-functions.ts";
import type { CountedCloud } from "./counted-cloud.ts";
import { startCountedCloud } from "./counted-cloud.ts";
import type { Counts } from "./tally.ts";
import { notBelowZero, plus } from "./tally.ts";

let cloud: CountedCloud;
beforeAll(async () => {
  const files = ["http/ingest.ts", "reactions/archive.ts", "reactions/carts.ts", "timers/abandon-cart.ts"];
  cloud = await startCountedCloud(() => loadFunctions(files));
});
afterAll(() => cloud.close());

/**
 * Sends an event.
 * @returns the counts that it raised
 */
async function countedFor(event: object): Promise<Record<string, Record<string, number>>> {
  const before = await cloud.counts();
  const about = {
    user_id: "usr_1",
    session_id: "sess_1",
    timestamp: new Date(cloud.clock.now()).toISOString(),
  };
  const answer = await fetch(`${cloud.url}/events/ingest`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...about, ...event }),
  });
  expect(answer.status).toBe(202);
  await cloud.settle();
  const counted: Counts = notBelowZero(plus(await cloud.counts(), before, -1));
  const kinds = Object.entries(counted).map(([kind, parts]) => [
    kind,
    Object.fromEntries(Object.entries(parts).filter(([, count]) => count > 0)),
  ]);
  return Object.fromEntries(kinds);
}

/** Returns the counts by function and topic, without the hash in the subscription's name. */
function subscribers(counted: Record<string, number> = {}): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counted).map(([name, bytes]) => [name.replace(/\.\w+$/, ""), bytes]),
  );
}

test("counts a view as one message and one document, filtered deliveries included", async () => {
  const counted = await countedFor({ event_type: "product.viewed", payload: { product_id: "prod_1" } });
  expect(counted).toMatchObject({
    invocations: { ingest: 1, archive: 1 },
    "milliseconds billed": { ingest: expect.any(Number), archive: expect.any(Number) },
    "messages published": { "pulsecart.user-actions": 1 },
    "bytes published": { "pulsecart.user-actions": 1000 },
    "documents written": { events: 1 },
    "bytes stored": { events: expect.any(Number) },
  });
  for (const kind of [
    "documents read",
    "documents deleted",
    "documents expiring",
    "task calls",
    "bytes of a key",
  ])
    expect([kind, counted[kind]]).toEqual([kind, {}]);
  expect(subscribers(counted["bytes delivered"])).toEqual({ "pulsecart.archive.user-actions": 1000 });
  expect(subscribers(counted["bytes filtered out"])).toEqual({ "pulsecart.carts.user-actions": 1000 });
});

test("counts a cart item with its timer and two ledger writes", async () => {
  const line = { product_id: "prod_1", quantity: 1, unit_price: 9.99 };
  const counted = await countedFor({ event_type: "cart.item_added", payload: line });
  expect(counted).toMatchObject({
    invocations: { ingest: 1, archive: 1, carts: 1 },
    // One of the reads is the product, whose currency stands for a price without one.
    "documents read": { all: 6 },
    "documents written": { events: 1, carts: 1, sessions: 1, shoppers: 1, ledger: 2 },
    "documents expiring": { ledger: 1 },
    "task calls": { all: 1 },
    "bytes filtered out": {},
    "bytes of a key": { usr_1: expect.any(Number) },
  });
});

test("counts a query without results as one read", async () => {
  const before = await cloud.counts();
  await firestore().collection("carts").where("user_ids", "array-contains", "usr_unknown").get();
  expect(plus(await cloud.counts(), before, -1)["documents read"]).toEqual({ all: 1 });
});

test("counts a timer as a call of its queue and function", async () => {
  const before = await cloud.counts();
  await cloud.advance(3 * HOUR_MS);
  const counted = plus(await cloud.counts(), before, -1);
  expect(counted["tasks dispatched"]).toEqual({ "abandon-cart": 1 });
  expect(counted.invocations).toMatchObject({ "abandon-cart": 1 });
});
