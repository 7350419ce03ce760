import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Order } from "./order.ts";
import {
  reportAttempt,
  reportCancelled,
  reportPaid,
  reportPlaced,
  reportRefund,
  unconfirmed,
} from "./order.ts";

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

const told = (names: readonly string[]) => {
  const order = names.reduce(
    (now, name) => reports[name]?.(now) ?? now,
    unconfirmed("o", { currency: "USD", atMs: 5 }),
  );
  return { ...order, refunds: order.refunds.toSorted((a, b) => a.amount_minor - b.amount_minor) };
};

test("reports add up to the same order, whatever order they arrive in and however often", () => {
  const arbReports = fc.shuffledSubarray(Object.keys(reports), { minLength: 1 });
  fc.assert(
    fc.property(arbReports, names => {
      expect(told(names)).toEqual(told(names.toSorted()));
      expect(told([...names, ...names])).toEqual(told(names));
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
])("after %j the order is %s", (names, state) => {
  expect(told(names)).toMatchObject({ state });
});

test("takes the currency of the money for that of an order nobody has placed", () => {
  expect(told(["paid in yen"])).toMatchObject({ currency: "JPY", paid: { amount_minor: 1500 } });
  expect(told(["part of it refunded", "paid in yen", "placed"])).toMatchObject({ currency: "USD" });
});

test("says once that the report of an order was the report of its payment", () => {
  const first = reportPlaced(unconfirmed("o", { currency: "USD", atMs: 5 }), { ...placed, isPaid: true });
  expect(first).toMatchObject({
    isNewlyPaid: true,
    order: { source: "outside", paid: { amount_minor: 1000 } },
  });
  const again = reportPlaced(first.order, { ...placed, isPaid: true });
  expect(again).toEqual({ order: first.order, isNewlyPaid: false });
  expect(again.order).toBe(first.order);
});

test("does not touch an order that was taken here by what others say it holds", () => {
  const ours: Order = { ...unconfirmed("o", { currency: "USD", atMs: 1 }), source: "checkout", items };
  const other = reportPlaced(ours, { ...placed, items: [{ product_id: "pot", quantity: 1 }], isPaid: true });
  expect(other.order).toBe(ours);
});
