import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { loadFunctions } from "../local/load-functions.ts";
import type { CountedCloud } from "./counted-cloud.ts";
import { startCountedCloud } from "./counted-cloud.ts";
import type { Counts } from "./tally.ts";
import { notBelowZero, plus } from "./tally.ts";

let cloud: CountedCloud;
beforeAll(async () => {
  const files = ["ingest/ingest.ts", "reactions/archive.ts", "reactions/carts.ts", "timers/abandon-cart.ts"];
  cloud = await startCountedCloud(() => loadFunctions(files));
});
afterAll(() => cloud.close());

/** What was counted more than before, without what was not. */
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

test("counts for a product that is looked at what is known of it", async () => {
  const counted = await countedFor({ event_type: "product.viewed", payload: { product_id: "prod_1" } });
  expect(counted).toMatchObject({
    invocations: { ingest: 1, archive: 1 },
    "messages published": { "pulsecart.user-actions": 1 },
    "bytes published": { "pulsecart.user-actions": 1000 },
    "documents read": {},
    "documents written": { events: 1 },
    "documents deleted": {},
    "documents expiring": {},
    "task calls": {},
    "tasks dispatched": {},
  });
});

test("counts a cart's", async () => {
  const line = { product_id: "prod_1", quantity: 1, unit_price: 9.99 };
  const counted = await countedFor({ event_type: "cart.item_added", payload: line });
  console.log(JSON.stringify(counted, null, 1));
});
