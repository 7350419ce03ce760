import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { MailWorld } from "../../scripts/test/worlds/mail.ts";
import { startMailWorld } from "../../scripts/test/worlds/mail.ts";
import { stockLevels, supplierOrders } from "../../shared/collections.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { runUnitOfWork } from "../../shared/pipeline/process/run-unit-of-work.ts";
import { DAY_MS } from "../../shared/values/durations.ts";

let world: MailWorld;
beforeAll(async () => {
  world = await startMailWorld();
});
afterAll(() => world.close());

const ADMIN = "admin@pulsecart.example";
const supplierOf = (name: string) => ({ name: "Lamps & Sons", email: `${name}@supplier.example` });

const create = (name: string, fields: object = {}) =>
  world.send("PUT", `/products/${name}`, { name, price: 10, stock: 12, threshold: 10, ...fields });

const ordersOf = async (name: string) =>
  (await world.all(supplierOrders)).filter(({ product_id }) => product_id === name);
const alertsOf = async (name: string) =>
  (await world.mails(ADMIN)).filter(mail => mail.subject === `Low stock: ${name}`);

const low = (name: string, current_stock = 5) =>
  anEvent("inventory.low_stock_alert", { payload: { product_id: name, current_stock, threshold: 10 } });

const outcomeOf = async (name: string) => ({
  ordered: (await ordersOf(name)).map(({ quantity, supplier }) => [quantity, supplier?.name]),
  alerts: (await alertsOf(name)).length,
  mails: (await world.mails(supplierOf(name).email)).length,
});

// Alerts about a product that opened low here. The staff learns of each one; the first order covers the others.
testDeliveries(() => world, {
  reaction: "procurement",
  announcedBy: "check-stock",
  given: name => create(name, { stock: 5, supplier: supplierOf(name) }),
  events: name => [low(name), low(name, 3), low(name, 4)],
  outcome: outcomeOf,
  expected: { ordered: [[15, "Lamps & Sons"]], alerts: 3, mails: 1 },
});

const move = async (name: string, delta: number) => {
  await world.send("POST", `/products/${name}/stock`, { delta, reason: "a test" });
  await world.settle();
};

describe("low stock here", () => {
  test("orders from the supplier and alerts the staff", async () => {
    await create("vase", { supplier: supplierOf("vase") });
    await move("vase", -3);
    await move("vase", -1);
    const [order] = await ordersOf("vase");
    const [mail, ...others] = await world.mails(supplierOf("vase").email);
    expect(others).toEqual([]);
    expect(mail?.subject).toBe(`Order ${order?.supplier_order_id}`);
    expect(mail?.text).toContain("Hello Lamps & Sons,");
    expect(mail?.text).toContain("11 × vase (vase)");
    expect((await alertsOf("vase"))[0]?.text).toContain(
      `Ordered: 11 from Lamps & Sons, supplier order ${order?.supplier_order_id}.`,
    );
  });

  test("orders once when stock flaps around its threshold", async () => {
    await create("flap", { stock: 11, supplier: supplierOf("flap") });
    for (const user_id of ["usr_1", "usr_2", "usr_3"]) {
      const items = [{ product_id: "flap", quantity: 1 }];
      const { body } = await world.send("POST", "/orders", { user_id, items });
      await world.settle();
      expect((await world.send("POST", `/orders/${body.order_id}/cancel`, {})).status).toBe(200);
      await world.settle();
    }
    expect((await ordersOf("flap")).map(({ quantity }) => quantity)).toEqual([10]);
    const [, again] = await alertsOf("flap");
    expect(again?.text).toContain("Nothing was ordered: 10 of earlier orders are still to come.");
  });

  test("orders the shortage less the units on order at zero", async () => {
    await create("cup", { supplier: supplierOf("cup") });
    await move("cup", -2);
    await move("cup", -55);
    expect((await ordersOf("cup")).map(({ quantity }) => quantity).sort()).toEqual([10, 55]);
    await move("cup", -1);
    expect(await ordersOf("cup")).toHaveLength(2);
    expect((await alertsOf("cup")).map(({ text }) => text).join()).toContain(
      "10 of earlier orders are still to come.",
    );
  });

  test("orders when a product that opened low sells out", async () => {
    await create("low", { stock: 5, supplier: supplierOf("low") });
    await move("low", -50);
    expect(await outcomeOf("low")).toMatchObject({ ordered: [[65, "Lamps & Sons"]], alerts: 1 });
  });
});

/** Emits an alert as the stock check does, whatever the stock is now. */
async function emitAlert(name: string, current_stock: number): Promise<void> {
  const id = `late.${name}`;
  const nowMs = world.clock.now();
  await runUnitOfWork({ by: "check-stock", id, nowMs, correlationId: id }, async work => {
    const payload = { product_id: name, current_stock, threshold: 10 };
    work.emit({ event_type: "inventory.low_stock_alert", payload });
  });
  await world.settle();
}

describe("decides about a late alert of our stock check", () => {
  test("orders by the present stock", async () => {
    await create("tray", { stock: 4, supplier: supplierOf("tray") });
    await emitAlert("tray", 9);
    expect((await ordersOf("tray")).map(({ quantity }) => quantity)).toEqual([16]);
  });

  test("orders nothing and watches again when stock has recovered", async () => {
    await create("pot", { stock: 11, supplier: supplierOf("pot") });
    // The stock check saw 10 and has not seen the recovery to 11.
    await documentRef(stockLevels, "pot").update({ low: true });
    await emitAlert("pot", 10);
    expect(await ordersOf("pot")).toEqual([]);
    expect((await alertsOf("pot"))[0]?.text).toContain("the stock is above its threshold again");
    await move("pot", -1);
    expect((await ordersOf("pot")).map(({ quantity }) => quantity)).toEqual([10]);
  });
});

describe("reports of other systems", () => {
  test("order nothing for a product whose own stock is not low", async () => {
    await create("full", { stock: 100, supplier: supplierOf("full") });
    for (let n = 0; n < 3; n += 1) await world.report(low("full"));
    expect(await outcomeOf("full")).toEqual({ ordered: [], alerts: 0, mails: 0 });
  });

  test("order once for a product without stock here", async () => {
    await Promise.all([5, 5, 4].map(stock => world.send("POST", "/events/ingest", low("foreign", stock))));
    await world.settle();
    await world.advanceUnswept(3 * DAY_MS);
    await world.report(low("foreign"));
    const [order, ...others] = await ordersOf("foreign");
    expect(others).toEqual([]);
    expect(order).toMatchObject({ state: "open", product_id: "foreign" });
    expect(order?.supplier).toBeUndefined();
    expect((await alertsOf("foreign")).map(({ text }) => text)).toEqual([
      expect.stringContaining(
        `Please order ${order?.quantity} yourself: supplier order ${order?.supplier_order_id} has no known supplier.`,
      ),
    ]);
  });

  test("order again when the order was received and a day has passed", async () => {
    await world.report(low("again"));
    const [order] = await ordersOf("again");
    const receipt = `/supplier-orders/${order?.supplier_order_id}/receipt`;
    expect((await world.send("POST", receipt, {})).status).toBe(201);
    await world.report(low("again"));
    expect(await ordersOf("again")).toHaveLength(1);
    await world.advanceUnswept(DAY_MS);
    await world.report(low("again"));
    expect(await ordersOf("again")).toHaveLength(2);
  });
});

test("orders nothing when another system reports low stock of our product", async () => {
  await create("ours", { supplier: supplierOf("ours") });
  const reported = anEvent("inventory.low_stock_alert", { payload: { product_id: "ours" } });
  await world.send("POST", "/events/ingest", reported);
  await world.settle();
  expect([await ordersOf("ours"), await alertsOf("ours")]).toEqual([[], []]);
});

test("alerts without an order when the product has no supplier", async () => {
  await create("mug");
  await world.send("POST", "/products/mug/stock", { delta: -4, reason: "a test" });
  await world.settle();
  expect((await alertsOf("mug")).map(mail => mail.text.trim())).toEqual([
    "The stock of mug (mug) fell to 8. Its threshold is 10.\n\nNothing was ordered: the product has no supplier.",
  ]);
  expect(await ordersOf("mug")).toEqual([]);
});

test("orders when a product that is low gets its supplier", async () => {
  await create("lid");
  await move("lid", -4);
  expect(await ordersOf("lid")).toEqual([]);
  await create("lid", { supplier: supplierOf("lid") });
  await world.settle();
  await create("lid", { supplier: supplierOf("lid") });
  await world.settle();
  expect((await ordersOf("lid")).map(({ quantity }) => quantity)).toEqual([12]);
});
