import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/world.ts";
import { startWorld } from "../../scripts/test/world.ts";
import { carts, orders, stockMoves } from "../../shared/collections.ts";
import { archivedEvents } from "../../shared/pipeline/archived-event.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.send("PUT", "/products/headphones", { name: "Headphones", price: 89.99, stock: 100 });
});
afterAll(() => world.close());

const oneHeadphone = { items: [{ product_id: "headphones", quantity: 1 }] };

test("prices an order by the products and shows it", async () => {
  const placed = await world.send("POST", "/orders", {
    user_id: "usr_price",
    items: [{ product_id: "headphones", quantity: 3, unit_price: 89.99 }],
    total: 269.97,
  });
  expect(placed.status).toBe(201);
  expect(placed.body).toMatchObject({ state: "placed", total: 269.97, currency: "USD" });
  const shown = await world.send("GET", placed.headers.get("location") ?? "");
  expect(shown.body).toEqual(placed.body);
});

test("names every fault of an order, with its place", async () => {
  const refused = await world.send("POST", "/orders", {
    user_id: "usr_fault",
    items: [
      { product_id: "headphones", quantity: 1, unit_price: 1 },
      { product_id: "unknown", quantity: 1 },
    ],
  });
  expect(refused.status).toBe(422);
  expect(refused.body.errors.map((fault: { pointer: string }) => fault.pointer)).toEqual([
    "/items/0/unit_price",
    "/items/1/product_id",
  ]);
  const lines = world.lines.filter(({ fields }) => fields["outcome"] === "refused");
  expect(lines).toMatchObject([{ message: "command.finished", fields: { owner: "checkout", status: 422 } }]);
  expect((await world.send("POST", "/orders", { user_id: "usr_fault" })).status).toBe(422);
  expect((await world.send("POST", "/orders", { items: [], nonsense: 1 })).body.errors).toHaveLength(3);
});

test("places one order for one Idempotency-Key, even when the same request races itself", async () => {
  const key = { "idempotency-key": '"race-1"' };
  const request = { user_id: "usr_race", ...oneHeadphone };
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => world.send("POST", "/orders", request, key)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(answers.map(({ body }) => body.order_id)).size).toBe(1);
  await world.settle();
  expect((await world.all(orders)).filter(order => order.user_id === "usr_race")).toHaveLength(1);
  const announced = (await world.all(archivedEvents)).filter(event => event.subject === "usr_race");
  expect(announced).toHaveLength(1);
});

test("answers a repeated checkout as the first time, although its cart is bought by then", async () => {
  await world.send("POST", "/events/ingest", {
    event_type: "cart.item_added",
    user_id: "usr_again",
    session_id: "again",
    payload: { product_id: "headphones", quantity: 2, cart_id: "cart_again" },
  });
  await world.settle();
  const request = { user_id: "usr_again", cart_id: "cart_again" };
  const first = await world.send("POST", "/orders", request, { "idempotency-key": "again-1" });
  const second = await world.send("POST", "/orders", request, { "idempotency-key": "again-1" });
  expect(first.status).toBe(201);
  expect(first.body.items).toMatchObject([{ product_id: "headphones", quantity: 2 }]);
  expect(second).toMatchObject({ status: 201, body: first.body });
  expect(await world.read(carts, "cart_again")).toMatchObject({ status: "bought", lines: [] });
});

test("carries trace and correlation from the request to the last thing that follows from it", async () => {
  await world.send("PUT", "/products/rare", { name: "Rare", price: 5, stock: 3, threshold: 2 });
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const items = [{ product_id: "rare", quantity: 1 }];
  const placed = await world.send("POST", "/orders", { user_id: "usr_trace", items }, { traceparent });
  await world.settle();
  const archived = (await world.all(archivedEvents)).map(({ event }) => JSON.parse(event));
  const order = archived.find(event => event.order_id === placed.body.order_id);
  const alert = archived.find(event => event.subject === "rare" || event.payload.product_id === "rare");
  expect(order).toMatchObject({ event_type: "order.placed", traceparent });
  expect(alert).toMatchObject({ event_type: "inventory.low_stock_alert", traceparent });
  expect(alert.correlation_id).toBe(order.correlation_id);
  const lines = world.lines.filter(({ fields }) => fields["correlation_id"] === order.correlation_id);
  const who = lines.map(({ fields }) => fields["reaction"] ?? fields["timer"] ?? fields["owner"]);
  expect([...new Set(who)].sort()).toEqual(["archive", "carts", "check-stock", "checkout", "inventory"]);
});

test("refuses a key that was used for another request", async () => {
  const key = { "idempotency-key": "reused" };
  await world.send("POST", "/orders", { user_id: "usr_reuse", ...oneHeadphone }, key);
  const other = await world.send("POST", "/orders", { user_id: "usr_other", ...oneHeadphone }, key);
  expect(other).toMatchObject({
    status: 422,
    body: { type: "urn:pulsecart:problem:idempotency-key-reused" },
  });
});

test("cancels an order once and says why it cannot be cancelled again", async () => {
  const { body: order } = await world.send("POST", "/orders", { user_id: "usr_cancel", ...oneHeadphone });
  const cancelled = await world.send("POST", `/orders/${order.order_id}/cancel`, {
    reason: "changed my mind",
  });
  expect(cancelled).toMatchObject({ status: 200, body: { state: "cancelled" } });
  const again = await world.send("POST", `/orders/${order.order_id}/cancel`, {});
  expect(again).toMatchObject({ status: 409, body: { detail: "The order is already cancelled." } });
  await world.settle();
  expect(await world.read(stockMoves, order.order_id)).toMatchObject({ cancelled: true });
});

test("answers 503 while Firestore is down, and as ever afterwards", async () => {
  const { body: order } = await world.send("POST", "/orders", { user_id: "usr_down", ...oneHeadphone });
  await world.settle();
  world.faults.set({ unavailable: 1 });
  const answer = await world.send("GET", `/orders/${order.order_id}`);
  world.faults.set({});
  expect(answer).toMatchObject({ status: 503, body: { type: "urn:pulsecart:problem:unavailable" } });
  expect(answer.headers.get("retry-after")).toBe("1");
  expect((await world.send("GET", `/orders/${order.order_id}`)).body).toEqual(order);
});

test("knows no order that does not exist", async () => {
  expect((await world.send("GET", "/orders/none")).status).toBe(404);
  expect((await world.send("GET", "/orders/__proto__")).status).toBe(404);
  expect((await world.send("POST", "/orders/none/cancel", {})).status).toBe(404);
  expect((await world.send("DELETE", "/orders/none")).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
});
