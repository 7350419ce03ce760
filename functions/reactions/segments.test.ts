import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { balanceOf } from "../../scripts/test/balance-of.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import { reportEvent } from "../../scripts/test/report-event.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { segments } from "../../shared/collections.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld(["http/ingest", "reactions/archive", "reactions/segments"]);
});
afterAll(() => world.close());

const paid = (user_id: string, order_id: string, amount: number) =>
  anEvent("order.balance_changed", {
    user_id,
    order_id,
    payload: { revision: 1, state: "paid", ...balanceOf({ paid: amount, paid_orders: 1 }) },
  });
const refunded = (user_id: string, order_id: string, [amount, back]: [number, number]) =>
  anEvent("order.balance_changed", {
    user_id,
    order_id,
    payload: {
      revision: 2,
      state: "refunded",
      ...balanceOf({ paid: amount, refunded: back }, { paid: amount, paid_orders: 1 }),
    },
  });

testDeliveries(() => world, {
  reaction: "segments",
  events: name => [
    paid(`u_${name}`, `o1_${name}`, 20),
    refunded(`u_${name}`, `o1_${name}`, [20, 20]),
    paid(`u_${name}`, `o2_${name}`, 100),
  ],
  outcome: async name => {
    const { segment, orders, net_minor } = (await world.read(segments, `u_${name}`)) ?? {};
    return { segment, orders, net_minor };
  },
  expected: { segment: "active", orders: 1, net_minor: { USD: 10_000 } },
});

async function report(event: Parameters<typeof reportEvent>[1]): Promise<void> {
  await reportEvent(world, event);
  await world.settle();
}

/** Returns the announced changes of segment, oldest first. */
async function announced(userId: string) {
  const events = (await world.all(archivedEvents)).filter(event => event.subject === userId);
  return events
    .map(({ event }) => JSON.parse(event))
    .filter(event => event.event_type === "user.segment_changed")
    .sort((a, b) => (a.received_at < b.received_at ? -1 : 1))
    .map(({ payload }) => `${payload.previous_segment} -> ${payload.segment}`);
}

test("announces a segment only when it changes", async () => {
  await report(paid("u_says", "o_1", 20));
  await report(paid("u_says", "o_2", 20));
  expect(await announced("u_says")).toEqual(["new -> active"]);
  await report(paid("u_says", "o_3", 460));
  // A second report of the same revision changes nothing: the first one counts.
  await report(paid("u_says", "o_3", 1));
  expect(await announced("u_says")).toEqual(["new -> active", "active -> vip"]);
  await report(refunded("u_says", "o_3", [460, 460]));
  expect(await announced("u_says")).toEqual(["new -> active", "active -> vip", "vip -> active"]);
  expect(await world.read(segments, "u_says")).toMatchObject({ orders: 2, net_minor: { USD: 4000 } });
});

test("parks a payment with an amount that is impossible in its currency", async () => {
  await report(paid("u_odd", "o_odd", 9.999));
  const entries = (await world.ledgerOf("segments")).filter(({ cause }) => cause.subject === "u_odd");
  expect(entries).toMatchObject([
    { state: "parked", reason: expect.stringContaining("event amount does not fit USD") },
  ]);
});
