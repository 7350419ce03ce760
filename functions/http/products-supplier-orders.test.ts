import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { reorders, stock, stockEntries, stockLevels, supplierOrders } from "../../shared/collections.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld([
    ...["http/products", "http/ingest", "reactions/procurement"],
    ...["timers/check-stock", "effects/send-mail"],
  ]);
});
afterAll(() => world.close());

const supplier = { name: "Lamps & Sons", email: "lamps@supplier.example" };

const move = async (name: string, delta: number) => {
  await world.send("POST", `/products/${name}/stock`, { delta, reason: "a test" });
  await world.settle();
};

/** Creates a product whose stock falls to 5, so that 15 are ordered. */
async function orderedFor(name: string): Promise<string> {
  await world.send("PUT", `/products/${name}`, { name, price: 10, stock: 12, threshold: 10, supplier });
  await move(name, -7);
  const { body } = await world.send("GET", `/supplier-orders?state=open&product_id=${name}`);
  expect(body.items).toMatchObject([{ ordered: 15, received: 0, open: 15 }]);
  return body.items[0].supplier_order_id;
}

const receive = (id: string, body: object = {}, headers: Record<string, string> = {}) =>
  world.send("POST", `/supplier-orders/${id}/receipt`, body, headers);
const stockOf = async (name: string) => (await world.read(stock, name))?.quantity;
const openOf = async (name: string) => (await world.read(reorders, name))?.open_units;
const entriesOf = async (name: string) =>
  (await world.all(stockEntries)).filter(({ product_id, receipt_id }) => product_id === name && receipt_id);

describe("receipt of a supplier order", () => {
  test("moves the stock by an entry that names the receipt", async () => {
    const id = await orderedFor("lamp");
    const { status, body } = await receive(id, { receipt_id: "note_7" });
    expect([status, body.state, body.received, body.open]).toEqual([201, "received", 15, 0]);
    expect(await stockOf("lamp")).toBe(20);
    expect(await entriesOf("lamp")).toMatchObject([
      {
        delta: 15,
        supplier_order_id: id,
        receipt_id: "note_7",
        reason: `receipt note_7 of supplier order ${id}`,
      },
    ]);
    await world.settle();
    expect(await world.read(stockLevels, "lamp")).toMatchObject({ low: false, crossings: 1 });
  });

  test("counts parts until the order is complete", async () => {
    const id = await orderedFor("part");
    expect((await receive(id, { quantity: 4 })).body).toMatchObject({ state: "open", received: 4, open: 11 });
    expect([await stockOf("part"), await openOf("part")]).toEqual([9, 11]);
    expect((await receive(id)).body).toMatchObject({ state: "received", received: 15, open: 0 });
    expect([await stockOf("part"), await openOf("part")]).toEqual([20, 0]);
    expect((await receive(id)).status).toBe(409);
  });

  test("counts once when sent repeatedly and concurrently", async () => {
    const id = await orderedFor("twice");
    const note = { receipt_id: "note_1", quantity: 6 };
    const key = { "idempotency-key": "receipt-of-twice" };
    const same = await Promise.all([1, 2, 3].map(() => receive(id, note)));
    expect(same.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    const keyed = await Promise.all([1, 2, 3].map(() => receive(id, { quantity: 2 }, key)));
    expect(keyed.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect([await stockOf("twice"), await openOf("twice")]).toEqual([13, 7]);
    expect((await receive(id, { receipt_id: "note_1", quantity: 7 })).status).toBe(409);
    expect(await entriesOf("twice")).toHaveLength(2);
  });

  test("counts the rest once when two clerks receive it at once", async () => {
    const id = await orderedFor("rest");
    const answers = await Promise.all([receive(id), receive(id)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(await stockOf("rest")).toBe(20);
  });

  test("accepts and shows more than was ordered", async () => {
    const id = await orderedFor("more");
    expect((await receive(id, { quantity: 20 })).body).toMatchObject({
      state: "received",
      received: 20,
      open: 0,
      over_delivered: 5,
    });
    expect((await receive(id, { quantity: 1 })).body).toMatchObject({ received: 21, over_delivered: 6 });
    expect([await stockOf("more"), await openOf("more")]).toEqual([26, 0]);
  });

  test("orders the rest again when the supplier will not send it", async () => {
    const id = await orderedFor("short");
    const { body } = await receive(id, { quantity: 2, complete: true });
    expect(body).toMatchObject({ state: "received", received: 2, open: 0 });
    await world.settle();
    const open = await world.send("GET", "/supplier-orders?state=open&product_id=short");
    expect(open.body.items).toMatchObject([{ ordered: 13 }]);
    expect(await stockOf("short")).toBe(7);
    await receive(open.body.items[0].supplier_order_id, { complete: true });
    await world.settle();
    const again = await world.send("GET", "/supplier-orders?state=open&product_id=short");
    expect(again.body.items).toMatchObject([{ ordered: 13 }]);
  });

  test("orders more when stock is low after everything arrived", async () => {
    const id = await orderedFor("deep");
    await move("deep", -6);
    await move("deep", -39);
    const { body } = await world.send("GET", "/supplier-orders?state=open&product_id=deep");
    expect(body.items.map(({ ordered }: { ordered: number }) => ordered).sort()).toEqual([15, 6]);
    for (const one of body.items) await receive(one.supplier_order_id);
    await world.settle();
    expect(await stockOf("deep")).toBe(-19);
    const open = await world.send("GET", "/supplier-orders?state=open&product_id=deep");
    expect(open.body.items).toMatchObject([{ ordered: 39 }]);
    expect((await world.send("GET", `/supplier-orders/${id}`)).body.state).toBe("received");
  });

  test("moves no stock of a product without stock here", async () => {
    const payload = { product_id: "foreign", current_stock: 5, threshold: 10 };
    await world.send("POST", "/events/ingest", anEvent("inventory.low_stock_alert", { payload }));
    await world.settle();
    const [order] = (await world.all(supplierOrders)).filter(({ product_id }) => product_id === "foreign");
    const { status } = await receive(order?.supplier_order_id ?? "", { quantity: 15 });
    expect([status, await stockOf("foreign")]).toEqual([201, undefined]);
    const received = await world.read(supplierOrders, order?.supplier_order_id ?? "");
    expect(received?.receipts).toMatchObject([{ quantity: 15, stocked: false }]);
    const created = await world.send("PUT", "/products/foreign", { name: "F", price: 1, stock: 3 });
    expect([created.status, await stockOf("foreign")]).toEqual([201, 3]);
  });

  test("is refused with the faulty place", async () => {
    const id = await orderedFor("bad");
    const bodies = [{ quantity: 0 }, { quantity: -1 }, { quantity: 1.5 }, { complete: "yes" }, { units: 3 }];
    const answers = await Promise.all(bodies.map(body => receive(id, body)));
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422]);
    expect(answers.map(({ body }) => body.errors[0].pointer)).toEqual([
      ...["/quantity", "/quantity", "/quantity", "/complete", "/units"],
    ]);
    expect((await receive("sup_none")).status).toBe(404);
    expect(await stockOf("bad")).toBe(5);
  });
});

describe("list of supplier orders", () => {
  test("pages by state and product, the latest first", async () => {
    const id = await orderedFor("listed");
    await receive(id, { complete: true });
    await world.settle();
    const all = await world.send("GET", "/supplier-orders?product_id=listed");
    expect(all.body.items.map(({ state }: { state: string }) => state)).toEqual(["open", "received"]);
    const first = await world.send("GET", "/supplier-orders?product_id=listed&limit=1");
    const token = first.body.next_page_token;
    const second = await world.send("GET", `/supplier-orders?product_id=listed&limit=1&page_token=${token}`);
    expect([...first.body.items, ...second.body.items]).toEqual(all.body.items);
    expect(second.body.next_page_token).toBeUndefined();
    const received = await world.send("GET", "/supplier-orders?state=received");
    const ids = received.body.items.map((order: { supplier_order_id: string }) => order.supplier_order_id);
    expect(ids).toContain(id);
    expect((await world.send("GET", "/supplier-orders")).body.items.length).toBeGreaterThan(2);
  });

  test("refuses an unknown state, id and page", async () => {
    const paths = ["?state=closed", "?product_id=a%20b", "?limit=0", "/sup_none"];
    const answers = await Promise.all(paths.map(path => world.send("GET", `/supplier-orders${path}`)));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 404]);
  });
});
