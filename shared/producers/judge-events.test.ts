import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { documentRef } from "../google/firestore.ts";
import { judgeEvents } from "./judge-events.ts";

process.env["PRODUCERS"] = JSON.stringify([
  { name: "shopify", types: ["order.placed"] },
  { name: "market", types: ["order.placed"] },
]);

let world: World;
beforeAll(async () => {
  world = await startWorld([]);
  const claims = { ord_ours: "checkout", ord_theirs: "shopify" };
  for (const [id, owned_by] of Object.entries(claims))
    await documentRef({ name: "orders" }, id).set({ owned_by, owned_since_ms: 1000 });
});
afterAll(() => world.close());

const fact = (event_type: "order.paid" | "order.cancelled", order_id: string, producer: string) => ({
  ...{ event_type, order_id, producer, event_id: "evt_1", payload: {} },
  received_at: new Date(2000).toISOString(),
});

test("judges many events of many things in their order", async () => {
  const some = [
    fact("order.paid", "ord_ours", "market"),
    fact("order.paid", "ord_ours", "checkout"),
    fact("order.cancelled", "ord_theirs", "market"),
    fact("order.cancelled", "ord_theirs", "shopify"),
    fact("order.cancelled", "ord_none", "shopify"),
  ];
  const expected = ["foreign", "counts", "foreign", "counts", "waits"];
  const others = Array.from({ length: 700 }, (_, n) => fact("order.paid", `ord_${n}`, "market"));
  const judged = await judgeEvents([...some, ...others, ...some], 3000);
  expect(judged).toEqual([...expected, ...others.map(() => "counts"), ...expected]);
});

test("ignores a claim after the cut-off", async () => {
  const events = [fact("order.paid", "ord_ours", "market"), fact("order.cancelled", "ord_theirs", "market")];
  expect(await judgeEvents(events, 1000)).toEqual(["counts", "waits"]);
});
