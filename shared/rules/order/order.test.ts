import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Order } from "./order.ts";
import { newOrder, reportAttempt, reportCancelled, reportPaid, reportPlaced, reportRefund } from "./order.ts";

const items = [{ product_id: "cup", quantity: 2, unit_price_minor: 500 }];
const placed = { items, currency: "USD", total_minor: 1000, at_ms: 5, isPaid: false };

const reports: Record<string, (order: Order) => Order> = {
  placed: order => reportPlaced(order, placed).order,
  "placed and paid": order => reportPlaced(order, { ...placed, isPaid: true }).order,
  paid: order => reportPaid(order, { amount_minor: 1000, currency: "USD", payment_id: "p1" }),
  "paid too little": order => reportPaid(order, { amount_minor: 100, currency: "USD" }),
  "paid in yen": order => reportPaid(order, { amount_minor: 1500, currency: "JPY" }),
  "part of it refunded": order => reportRefund(order, { refund_id: "r1", amount_minor: 400, items: [] }),
  "the rest refunded": order => reportRefund(order, { refund_id: "r2", amount_minor: 600, items: [] }),
  "an attempt failed": order => reportAttempt(order, { attempt_id: "a1", outcome: "failed", at_ms: 7 }),
  "an earlier one failed": order => reportAttempt(order, { attempt_id: "a0", outcome: "failed", at_ms: 6 }),
  cancelled: order => reportCancelled(order, "too slow"),
};

const orderAfter = (names: readonly string[]) => {
  const order = names.reduce(
    (now, name) => reports[name]?.(now) ?? now,
    newOrder("o", { currency: "USD", atMs: 5 }),
  );
  return { ...order, refunds: order.refunds.toSorted((a, b) => a.amount_minor - b.amount_minor) };
};

test("gives the same order in every order of reports and with repeats", () => {
  const arbReports = fc.shuffledSubarray(Object.keys(reports), { minLength: 1 });
  fc.assert(
    fc.property(arbReports, names => {
      expect(orderAfter(names)).toEqual(orderAfter(names.toSorted()));
      expect(orderAfter([...names, ...names])).toEqual(orderAfter(names));
    }),
  );
});

test.each([
  [["placed"], "placed"],
  [["paid", "placed"], "paid"],
  [["placed and paid", "part of it refunded"], "paid"],
  [["the rest refunded", "part of it refunded", "placed and paid"], "refunded"],
  [["cancelled", "placed and paid"], "cancelled"],
  [["paid too little", "placed", "paid in yen"], "placed"],
  [["paid too little", "placed", "paid"], "paid"],
])("derives from %j the state %s", (names, state) => {
  expect(orderAfter(names)).toMatchObject({ state });
});

test("gives an unconfirmed order the currency of its payment", () => {
  expect(orderAfter(["paid in yen"])).toMatchObject({ currency: "JPY", paid: { amount_minor: 1500 } });
  expect(orderAfter(["part of it refunded", "paid in yen", "placed"])).toMatchObject({ currency: "USD" });
});

test("keeps the user of an earlier report when order.placed names none", () => {
  const unconfirmed = newOrder("o", { currency: "USD", atMs: 5, user_id: "usr_1" });
  expect(reportPlaced(unconfirmed, placed).order.user_id).toBe("usr_1");
  expect(reportPlaced(unconfirmed, { ...placed, user_id: undefined }).order.user_id).toBe("usr_1");
  expect(reportPlaced(unconfirmed, { ...placed, user_id: "usr_2" }).order.user_id).toBe("usr_2");
});

test("keeps a cancellation without a reason as an empty map", () => {
  const order = newOrder("o", { currency: "USD", atMs: 5 });
  expect(reportCancelled(order, undefined).cancelled).toStrictEqual({});
});

test("reports once that order.placed paid the order", () => {
  const first = reportPlaced(newOrder("o", { currency: "USD", atMs: 5 }), { ...placed, isPaid: true });
  expect(first).toMatchObject({
    isNewlyPaid: true,
    order: { source: "outside", paid: { amount_minor: 1000 } },
  });
  const again = reportPlaced(first.order, { ...placed, isPaid: true });
  expect(again).toEqual({ order: first.order, isNewlyPaid: false });
  expect(again.order).toBe(first.order);
});

test("does not change an order of our checkout when others report it", () => {
  const ours: Order = { ...newOrder("o", { currency: "USD", atMs: 1 }), source: "checkout", items };
  const other = reportPlaced(ours, { ...placed, items: [{ product_id: "pot", quantity: 1 }], isPaid: true });
  expect(other.order).toBe(ours);
});
