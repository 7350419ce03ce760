import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { MailWorld } from "../../scripts/test/worlds/mail.ts";
import { startMailWorld } from "../../scripts/test/worlds/mail.ts";
import { supplierOrders } from "../../shared/collections.ts";

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

testDeliveries(() => world, {
  reaction: "procurement",
  given: name => create(name, { supplier: supplierOf(name) }),
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

test("alerts without an order when the product has no supplier", async () => {
  await create("mug");
  await world.send("POST", "/products/mug/stock", { delta: -4, reason: "a test" });
  await world.settle();
  expect((await alertsOf("mug")).map(mail => mail.text.trim())).toEqual([
    "The stock of mug (mug) fell to 8. Its threshold is 10.\n\nNothing was ordered: the product has no supplier.",
  ]);
  expect(await ordersOf("mug")).toEqual([]);
});
