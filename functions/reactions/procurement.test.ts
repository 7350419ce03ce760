import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { MailWorld } from "../../scripts/test/worlds/mail.ts";
import { startMailWorld } from "../../scripts/test/worlds/mail.ts";
import { products, supplierOrders } from "../../shared/collections.ts";
import { documentRef } from "../../shared/google/firestore.ts";

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

/** Stores a product without an owner, so that a report of another system counts and the supplier gets an order. */
async function store(name: string): Promise<void> {
  const supplier = supplierOf(name);
  const product = { product_id: name, name, price_minor: 1000, currency: "USD", threshold: 10 };
  await documentRef(products, name).set({ ...product, opening_stock: 12, supplier });
}

testDeliveries(() => world, {
  reaction: "procurement",
  given: store,
  events: name => [anEvent("inventory.low_stock_alert", { payload: { product_id: name } })],
  outcome: async name => ({
    ordered: (await ordersOf(name)).map(({ quantity, supplier }) => [quantity, supplier.name]),
    alerts: (await alertsOf(name)).length,
    mails: (await world.mails(supplierOf(name).email)).length,
  }),
  expected: { ordered: [[15, "Lamps & Sons"]], alerts: 1, mails: 1 },
});

test("orders once for each time stock falls to its threshold", async () => {
  await create("vase", { supplier: supplierOf("vase") });
  const move = async (delta: number) => {
    await world.send("POST", "/products/vase/stock", { delta, reason: "a test" });
    await world.settle();
  };
  await move(-3);
  await move(-1);
  const [order] = await ordersOf("vase");
  const [mail, ...others] = await world.mails(supplierOf("vase").email);
  expect(others).toEqual([]);
  expect(mail?.subject).toBe(`Order ${order?.supplier_order_id}`);
  expect(mail?.text).toContain("Hello Lamps & Sons,");
  expect(mail?.text).toContain("11 × vase (vase)");
  expect((await alertsOf("vase"))[0]?.text).toContain(
    `Ordered: 11 from Lamps & Sons, supplier order ${order?.supplier_order_id}.`,
  );
  await move(20);
  await move(-20);
  expect(await ordersOf("vase")).toHaveLength(2);
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
