import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { hostFunction } from "../../../scripts/plan/load-functions.ts";
import { startServices } from "../../../scripts/start/services.ts";
import { anEvent } from "../../../scripts/test/an-event.ts";
import type { World } from "../../../scripts/test/worlds/world.ts";
import { startWorld } from "../../../scripts/test/worlds/world.ts";
import { orders } from "../../collections.ts";
import type { FactOf } from "../../events/catalogue.ts";
import { enrich, fingerprintOf } from "../../events/envelope.ts";
import { collection, documentRef } from "../../google/firestore.ts";
import { newOrder } from "../../rules/order/order.ts";
import { newId } from "../../values/ids.ts";
import { publishEvent } from "../outbox/publish.ts";
import { reaction } from "../reaction.ts";

const notes = collection<{ times: number }>("notes");
const read: unknown[] = [];
const operations = { reads: 0, writes: 0, deletes: 0, onWrite: () => undefined };

let world: World;
beforeAll(async () => {
  world = await startWorld(
    async () => {
      const blind = reaction("blind", {
        "order.paid": async (event, work) => work.increment(notes, event.order_id, { times: 1 }),
        "product.viewed": async (event, work) => work.increment(notes, event.user_id, { times: 1 }),
      });
      const hosted = [hostFunction(blind)];
      const reader = reaction("reader", {
        "refund.issued": async ({ order_id }, work) => {
          const [one, other] = await Promise.all([
            work.get(orders, order_id),
            work.getAll(orders, [order_id, "ord_none"]),
          ]);
          read.push([one?.order_id, other.map(order => order?.order_id)]);
          if (one) one.order_id = "changed by the handler";
          read.push((await work.get(orders, order_id))?.order_id);
          work.increment(notes, order_id, { times: 1 });
        },
      });
      return [...hosted, hostFunction(reader)];
    },
    { services: on => startServices({ ...on, operations }) },
  );
  const order = (id: string) => newOrder(id, { currency: "USD", atMs: 1 });
  await documentRef(orders, "ord_ours").set({
    ...order("ord_ours"),
    owned_by: "checkout",
    owned_since_ms: 1,
  });
  await documentRef(orders, "ord_theirs").set({ ...order("ord_theirs"), owned_by: "outside" });
});
afterAll(() => world.close());

/** Publishes an event of a producer and returns the number of documents that its reactions read. */
async function readsFor(fact: object, producer: string): Promise<number> {
  const nowMs = world.clock.now();
  const event = enrich(fact as FactOf, { nowMs, newId: () => newId("evt", { nowMs }), producer });
  const before = operations.reads;
  await publishEvent(event, fingerprintOf(fact));
  await world.settle();
  return operations.reads - before;
}

const timesOf = async (id: string) => (await world.read(notes, id))?.times ?? 0;
const paid = (order_id: string) => anEvent("order.paid", { order_id });
const refunded = (order_id: string) => anEvent("refund.issued", { order_id });

describe("guard of owners", () => {
  test("reads nothing for facts of owners and types without owners", async () => {
    expect(await readsFor(paid("ord_ours"), "checkout")).toBe(0);
    expect(await readsFor(paid("ord_ours"), "orders")).toBe(0);
    expect(await readsFor(anEvent("product.viewed", { user_id: "usr_view" }), "ingest")).toBe(0);
    expect([await timesOf("ord_ours"), await timesOf("usr_view")]).toEqual([2, 1]);
  });

  test("reads one document for a fact of another producer", async () => {
    expect(await readsFor(paid("ord_theirs"), "ingest")).toBe(1);
    expect(await readsFor(paid("ord_ours"), "ingest")).toBe(1);
    expect([await timesOf("ord_theirs"), await timesOf("ord_ours")]).toEqual([1, 2]);
  });

  test("shares its read with the handler", async () => {
    expect(await readsFor(refunded("ord_theirs"), "ingest")).toBe(2);
    expect(read.splice(0)).toEqual([["ord_theirs", ["ord_theirs", undefined]], "ord_theirs"]);
  });

  test("records the skip in the ledger and changes nothing", async () => {
    expect(await readsFor(refunded("ord_ours"), "pulsecart.commerce-events")).toBe(1);
    expect(read).toEqual([]);
    const entries = (await world.ledgerOf("reader")).filter(({ state }) => state === "skipped");
    expect(entries).toMatchObject([{ reason: "not the owner" }]);
    expect(await timesOf("ord_ours")).toBe(2);
  });
});
