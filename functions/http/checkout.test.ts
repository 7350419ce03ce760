import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { access, carts, orders, shoppers, stockMoves, users } from "../../shared/collections.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld([
    ...["http/checkout", "http/ingest", "http/products", "reactions/archive", "reactions/carts"],
    ...["reactions/inventory", "reactions/shipping", "timers/abandon-cart", "timers/check-stock"],
  ]);
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

test("points at every fault of an order", async () => {
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
  expect((await world.send("POST", "/orders/john%40example.com/cancel", {})).status).toBe(404);
  expect(world.lines.at(-1)?.fields).toMatchObject({ command: "POST /orders/:id/cancel", status: 404 });
  expect(JSON.stringify(world.lines)).not.toContain("john");
  expect((await world.send("POST", "/orders", { user_id: "usr_fault" })).status).toBe(422);
  expect((await world.send("POST", "/orders", { items: [], nonsense: 1 })).body.errors).toHaveLength(3);
});

test("places one order for one Idempotency-Key when requests race", async () => {
  const key = { "idempotency-key": '"race-1"' };
  const request = { user_id: "usr_race", ...oneHeadphone };
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => world.send("POST", "/orders", request, key)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
  expect(new Set(answers.map(({ body }) => body.order_id)).size).toBe(1);
  await world.settle();
  expect((await world.all(orders)).filter(order => order.user_id === "usr_race")).toHaveLength(1);
  const announced = (await world.all(archivedEvents)).filter(
    event => event.subject === "usr_race" && event.event_type === "order.placed",
  );
  expect(announced).toHaveLength(1);
});

test("repeats the first answer when the cart is bought by then", async () => {
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

async function fillCart(cartId: string, userId: string): Promise<void> {
  await world.send("POST", "/events/ingest", {
    event_type: "cart.item_added",
    user_id: userId,
    session_id: `sess_${cartId}`,
    payload: { product_id: "headphones", quantity: 1, cart_id: cartId },
  });
  await world.settle();
}

test("refuses the cart of another account, and changes nothing", async () => {
  await documentRef(users, "usr_owner").set({ user_id: "usr_owner" });
  await fillCart("cart_owner", "usr_owner");
  for (const items of [oneHeadphone, {}]) {
    const answer = await world.send("POST", "/orders", {
      user_id: "usr_thief",
      cart_id: "cart_owner",
      ...items,
    });
    expect(answer).toMatchObject({
      status: 403,
      body: {
        type: "urn:pulsecart:problem:cart-of-another-account",
        detail: expect.stringContaining("Name a cart of this user"),
      },
    });
  }
  await world.settle();
  expect(await world.read(carts, "cart_owner")).toMatchObject({ status: "open", lines: [{ quantity: 1 }] });
  expect((await world.send("GET", "/orders?user_id=usr_thief")).body.items).toEqual([]);
});

test.each([
  ["a guest without an account filled", "guest_1", {}],
  ["the user of an erased account filled", "usr_erased", { user_id: "usr_erased", erased_at_ms: 1 }],
])("accepts a cart that %s", async (_what, userId, account) => {
  if ("user_id" in account) await documentRef(users, userId).set(account);
  await fillCart(`cart_${userId}`, userId);
  const answer = await world.send("POST", "/orders", { user_id: "usr_buyer", cart_id: `cart_${userId}` });
  expect(answer.status).toBe(201);
});

test("accepts a cart that two accounts of one household filled", async () => {
  for (const userId of ["usr_first", "usr_second"]) {
    await documentRef(users, userId).set({ user_id: userId });
    await fillCart("cart_shared", userId);
  }
  const answer = await world.send("POST", "/orders", { user_id: "usr_first", cart_id: "cart_shared" });
  expect(answer.status).toBe(201);
});

test("covers the ordered products in the user's other carts only", async () => {
  await world.send("PUT", "/products/cable", { name: "Cable", price: 5, stock: 10 });
  await fillCart("cart_phone", "usr_two");
  await fillCart("cart_laptop", "usr_two");
  await world.send("POST", "/events/ingest", {
    event_type: "cart.item_added",
    user_id: "usr_two",
    session_id: "sess_cart_phone",
    payload: { product_id: "cable", quantity: 1, cart_id: "cart_phone" },
  });
  await world.settle();
  const answer = await world.send("POST", "/orders", { user_id: "usr_two", cart_id: "cart_laptop" });
  expect(await world.read(shoppers, "usr_two")).toMatchObject({
    orders: [{ id: answer.body.order_id, product_ids: ["headphones"] }],
  });
  await world.settle();
  expect(await world.read(carts, "cart_phone")).toMatchObject({ lines: [{ product_id: "cable" }] });
  expect(await world.read(carts, "cart_laptop")).toMatchObject({ status: "bought" });
});

test("carries trace and correlation from the request to every follow-up", async () => {
  await world.send("PUT", "/products/rare", { name: "Rare", price: 5, stock: 3, threshold: 2 });
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const items = [{ product_id: "rare", quantity: 1 }];
  const placed = await world.send("POST", "/orders", { user_id: "usr_trace", items }, { traceparent });
  await world.settle();
  const archived = (await world.all(archivedEvents)).map(({ event }) => JSON.parse(event));
  const order = archived.find(
    event => event.order_id === placed.body.order_id && event.event_type === "order.placed",
  );
  const alert = archived.find(event => event.subject === "rare" || event.payload.product_id === "rare");
  expect(order).toMatchObject({ event_type: "order.placed", traceparent });
  expect(alert).toMatchObject({ event_type: "inventory.low_stock_alert", traceparent });
  expect(alert.correlation_id).toBe(order.correlation_id);
  const lines = world.lines.filter(({ fields }) => fields["correlation_id"] === order.correlation_id);
  const names = lines.map(({ fields }) => fields["reaction"] ?? fields["timer"] ?? fields["owner"]);
  expect([...new Set(names)].sort()).toEqual(
    expect.arrayContaining(["archive", "carts", "check-stock", "checkout", "inventory"]),
  );
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

test("refuses orders of erased and banned users, and texts about erased ones", async () => {
  const [gone, out] = [{ user_id: "usr_gone" }, { user_id: "usr_out" }];
  const before = await order("usr_gone");
  await documentRef(users, "usr_gone").set({ ...gone, erased_at_ms: 1 });
  await documentRef(access, "usr_out").set({ ...out, blocked: true, courses: [] });
  const answers = await Promise.all(
    [gone, out].map(user => world.send("POST", "/orders", { ...user, ...oneHeadphone })),
  );
  expect(answers.map(({ status }) => status)).toEqual([410, 403]);
  const cancel = (body: object) => world.send("POST", `/orders/${before}/cancel`, body);
  expect((await cancel({ reason: "she moved" })).status).toBe(410);
  expect((await cancel({})).body).toMatchObject({ state: "cancelled" });
});

test("cancels an order once and gives the reason for a refusal", async () => {
  const { body: order } = await world.send("POST", "/orders", { user_id: "usr_cancel", ...oneHeadphone });
  const cancelled = await world.send("POST", `/orders/${order.order_id}/cancel`, {
    reason: "changed my mind",
  });
  expect(cancelled).toMatchObject({ status: 200, body: { state: "cancelled" } });
  const again = await world.send("POST", `/orders/${order.order_id}/cancel`, {});
  expect(again).toMatchObject({ status: 409, body: { detail: "The order is already cancelled." } });
  await world.settle();
  expect(await world.read(stockMoves, order.order_id)).toMatchObject({ revision: 2, held: [] });
});

test("answers 503 while Firestore is down, and recovers", async () => {
  const { body: order } = await world.send("POST", "/orders", { user_id: "usr_down", ...oneHeadphone });
  await world.settle();
  world.faults.set({ unavailable: 1 });
  const answer = await world.send("GET", `/orders/${order.order_id}`);
  world.faults.set({});
  expect(answer).toMatchObject({ status: 503, body: { type: "urn:pulsecart:problem:unavailable" } });
  expect(answer.headers.get("retry-after")).toBe("1");
  expect((await world.send("GET", `/orders/${order.order_id}`)).body).toEqual(order);
});

test("answers 404 for an unknown order", async () => {
  expect((await world.send("GET", "/orders/none")).status).toBe(404);
  expect((await world.send("GET", "/orders/__proto__")).status).toBe(404);
  expect((await world.send("POST", "/orders/none/cancel", {})).status).toBe(404);
  expect((await world.send("DELETE", "/orders/none")).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
});

const payments = (id: string, body: object) => world.send("POST", `/orders/${id}/payments`, body);
const refunds = (id: string, body: object) => world.send("POST", `/orders/${id}/refunds`, body);

async function order(userId: string, quantity = 1): Promise<string> {
  const items = [{ product_id: "headphones", quantity }];
  const { body } = await world.send("POST", "/orders", { user_id: userId, items });
  return body.order_id;
}

test("accepts the whole total as payment once and announces it", async () => {
  const id = await order("usr_pay");
  const paid = { attempt_id: "a1", status: "paid", amount: 89.99, payment_id: "pay_1" };
  const answers = await Promise.all([1, 2, 3].map(() => payments(id, paid)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
  expect(answers[0]?.body).toMatchObject({ state: "paid", paid: 89.99 });
  expect((await payments(id, { ...paid, amount: 1 })).body).toMatchObject({
    status: 409,
    detail: "The payment pay_1 has already paid 89.99 USD.",
  });
  await world.settle();
  const archived = (await world.all(archivedEvents)).filter(({ event_type }) => event_type === "order.paid");
  expect(archived.filter(({ subject }) => subject === "usr_pay")).toHaveLength(1);
});

test.each([
  ["no money", { status: "paid", amount: 0 }, ["/amount"]],
  ["a failure without its error", { status: "failed" }, ["/error"]],
  ["an unknown status", { status: "maybe" }, ["/status"]],
  ["an error of a success", { status: "paid", error: "none" }, ["/error"]],
  ["an amount of a failure", { status: "failed", error: "none", amount: 1 }, ["/amount"]],
])("refuses a payment with %s, and points at it", async (_what, body, pointers) => {
  const id = await order("usr_badpay");
  const { status, body: problem } = await payments(id, { attempt_id: "a1", ...body });
  expect([status, problem.errors.map((fault: { pointer: string }) => fault.pointer)]).toEqual([
    422,
    pointers,
  ]);
});

test("refunds parts, then the rest, and returns the stock", async () => {
  await world.send("PUT", "/products/plate", { name: "Plate", price: 10, stock: 50 });
  const items = [{ product_id: "plate", quantity: 4 }];
  const { body } = await world.send("POST", "/orders", { user_id: "usr_refund", items });
  const id = body.order_id;
  expect((await refunds(id, {})).body.detail).toBe("Nothing has been paid for the order.");
  await payments(id, { attempt_id: "a1", status: "paid" });
  const part = { refund_id: "r1", items: [{ product_id: "plate", quantity: 1 }] };
  const answers = await Promise.all([1, 2, 3].map(() => refunds(id, part)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
  expect((await refunds(id, { amount: 30.01 })).body.errors).toMatchObject([
    { pointer: "/amount", expected: expect.stringContaining("up to 30,") },
  ]);
  const rest = await refunds(id, {});
  expect(rest.body).toMatchObject({ state: "refunded", refunded: 40 });
  expect((await refunds(id, {})).status).toBe(409);
  await world.settle();
  expect((await world.send("GET", "/products/plate")).body.stock).toBe(50);
});

test("refunds the payment of a cancelled order", async () => {
  const id = await order("usr_late");
  await payments(id, { attempt_id: "a1", status: "paid" });
  await world.send("POST", `/orders/${id}/cancel`, {});
  expect((await refunds(id, {})).body).toMatchObject({ state: "cancelled", refunded: 89.99 });
});

test("keeps every late payment of a cancelled order for its refund", async () => {
  const id = await order("usr_toolate");
  await world.send("POST", `/orders/${id}/cancel`, {});
  const late = await payments(id, { attempt_id: "a1", status: "paid" });
  expect(late).toMatchObject({ status: 201, body: { state: "cancelled", paid: 89.99, owed_back: 89.99 } });
  expect((await payments(id, { attempt_id: "a2", status: "paid" })).status).toBe(201);
  await world.settle();
  expect((await world.send("GET", `/orders/${id}`)).body.shipment).toBe("stopped");
  const sent = await Promise.all([1, 2, 3].map(() => refunds(id, { amount: 89.99 })));
  expect(sent.map(({ status }) => status).sort()).toEqual([201, 201, 409]);
  expect((await world.send("GET", `/orders/${id}`)).body).toMatchObject({ refunded: 179.98, owed_back: 0 });
});

test("adds up part payments and owes back what is too much", async () => {
  const id = await order("usr_parts");
  const card = await payments(id, { attempt_id: "a1", status: "paid", amount: 60, payment_id: "gift" });
  expect(card.body).toMatchObject({ state: "placed", paid: 60, still_due: 29.99 });
  const rest = await payments(id, { attempt_id: "a2", status: "paid", payment_id: "card" });
  expect(rest.body).toMatchObject({ state: "paid", paid: 89.99, still_due: 0, owed_back: 0 });
  const again = await payments(id, { attempt_id: "a3", status: "paid", payment_id: "twice" });
  expect(again).toMatchObject({ status: 201, body: { state: "paid", paid: 179.98, owed_back: 89.99 } });
  expect((await refunds(id, { owed: true })).body).toMatchObject({
    state: "paid",
    refunded: 89.99,
    owed_back: 0,
  });
  expect((await refunds(id, { owed: true })).status).toBe(409);
  const { payments: shown } = (await world.send("GET", `/orders/${id}`)).body;
  expect(shown).toMatchObject([
    { payment_id: "gift", attempt_id: "a1", amount: 60, currency: "USD", state: "paid" },
    { payment_id: "card", attempt_id: "a2", amount: 29.99 },
    { payment_id: "twice", attempt_id: "a3", amount: 89.99 },
  ]);
});

test("refunds a part payment of an order that waits for the rest", async () => {
  const id = await order("usr_deposit");
  await payments(id, { attempt_id: "a1", status: "paid", amount: 40 });
  expect((await refunds(id, {})).body).toMatchObject({ state: "placed", refunded: 40, still_due: 89.99 });
});

test("keeps the sequence of decisions when the clock stands still", async () => {
  const id = await order("usr_still");
  await payments(id, { attempt_id: "a1", status: "paid" });
  expect((await refunds(id, { amount: 10 })).body).toMatchObject({ state: "paid", still_due: 0 });
  await world.send("POST", `/orders/${id}/cancel`, {});
  const { body } = await payments(id, { attempt_id: "a2", status: "paid" });
  expect(body).toMatchObject({ state: "cancelled", paid: 179.98, refunded: 10, owed_back: 169.98 });
});

test("never refunds more than was paid when refunds race", async () => {
  const id = await order("usr_racing", 2);
  await payments(id, { attempt_id: "a1", status: "paid" });
  const answers = await Promise.all(Array.from({ length: 6 }, () => refunds(id, { amount: 80 })));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
  expect((await world.send("GET", `/orders/${id}`)).body).toMatchObject({ refunded: 160, state: "paid" });
});

test("lists a user's orders page by page, the latest first", async () => {
  const placed: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    placed.unshift(await order("usr_lists"));
    await world.advance(1_000);
  }
  const first = await world.send("GET", "/orders?user_id=usr_lists&limit=2");
  const more = `/orders?user_id=usr_lists&limit=2&page_token=${first.body.next_page_token}`;
  const second = await world.send("GET", more);
  const ids = [...first.body.items, ...second.body.items].map(
    ({ order_id }: { order_id: string }) => order_id,
  );
  expect([ids, second.body.next_page_token]).toEqual([placed, undefined]);
  expect((await world.send("GET", "/orders")).body.detail).toContain("user_id");
});

test("lists orders by state and by money that is owed back", async () => {
  const ids = [await order("usr_filter"), await order("usr_filter"), await order("usr_filter")];
  const [paid = "", twice = ""] = ids;
  for (const id of [paid, twice]) await payments(id, { attempt_id: "a1", status: "paid" });
  await payments(twice, { attempt_id: "a2", status: "paid" });
  const listed = async (query: string) => {
    const { body } = await world.send("GET", `/orders?${query}`);
    return body.items.map(({ order_id }: { order_id: string }) => order_id).sort();
  };
  expect(await listed("user_id=usr_filter&state=paid")).toEqual([paid, twice].sort());
  expect(await listed("user_id=usr_filter&owed=true")).toEqual([twice]);
  expect(await listed("user_id=usr_filter&state=placed&owed=true")).toEqual([]);
  expect(await listed("owed=true&limit=100")).toContain(twice);
  expect(await listed("state=placed&limit=100")).toContain(ids[2]);
  expect(await listed("state=paid&owed=true&limit=100")).toContain(twice);
  for (const query of ["state=open", "owed=1", "user_id=a/b"])
    expect((await world.send("GET", `/orders?${query}`)).status).toBe(400);
});
