import { expect, test } from "@jest/globals";
import { cancelled, orderAfter, paid, placed, refunded } from "../../../scripts/test/order-facts.ts";
import { limitFault, MAX_PAYMENTS } from "./limits.ts";
import type { Order } from "./order.ts";
import { newOrder } from "./order.ts";
import { reportCancelled, reportPlaced, reportRefund } from "./reports.ts";

const items = [{ product_id: "cup", quantity: 2, unit_price_minor: 500 }];
const report = {
  items,
  currency: "USD",
  total_minor: 1000,
  at_ms: 5,
  event_id: "evt_5",
  isPaid: false,
};

test("gives an unconfirmed order the currency of its payment", () => {
  const inYen = paid(2, 1500, { id: "y", currency: "JPY" });
  expect(orderAfter([inYen])).toMatchObject({ currency: "JPY", state: "paid", placed_at_ms: 120_000 });
  expect(orderAfter([refunded(1, 400), inYen])).toMatchObject({ currency: "JPY", placed_at_ms: 60_000 });
  expect(orderAfter([inYen, placed()])).toMatchObject({ currency: "USD", state: "placed" });
});

test("keeps the user of an earlier report when order.placed names none", () => {
  const unconfirmed = newOrder("o", { currency: "USD", atMs: 5, user_id: "usr_1" });
  expect(reportPlaced(unconfirmed, report).order.user_id).toBe("usr_1");
  expect(reportPlaced(unconfirmed, { ...report, user_id: undefined }).order.user_id).toBe("usr_1");
  expect(reportPlaced(unconfirmed, { ...report, user_id: "usr_2" }).order.user_id).toBe("usr_2");
});

test("keeps a cancellation without a reason as an empty map", () => {
  const order = newOrder("o", { currency: "USD", atMs: 5 });
  expect(reportCancelled(order, { at_ms: 5, event_id: "evt_5" }).cancelled).toStrictEqual({});
});

test("keeps the reason of the first cancellation", () => {
  expect(orderAfter([placed(), cancelled(4, "late"), cancelled(3, "early")]).cancelled).toEqual({
    reason: "early",
  });
});

test("reports once that order.placed paid the order", () => {
  const first = reportPlaced(newOrder("o", { currency: "USD", atMs: 5 }), { ...report, isPaid: true });
  expect(first).toMatchObject({
    isNewlyPaid: true,
    claimed_minor: 1000,
    order: { source: "outside", state: "paid" },
  });
  const again = reportPlaced(first.order, { ...report, isPaid: true, event_id: "evt_6" });
  expect(again).toEqual({ order: first.order, isNewlyPaid: false });
  expect(again.order).toBe(first.order);
});

test("does not change an order of our checkout when others report it", () => {
  const ours: Order = { ...newOrder("o", { currency: "USD", atMs: 1 }), source: "checkout", items };
  const other = reportPlaced(ours, { ...report, items: [{ product_id: "pot", quantity: 1 }], isPaid: true });
  expect(other.order).toBe(ours);
});

test("keeps the first of two orders under one id", () => {
  const other = placed({ total_minor: 7000, event_id: "evt_other", user_id: "usr_2" });
  const order = orderAfter([placed(), other, other, placed()]);
  expect(order).toMatchObject({ total_minor: 10_000, user_id: "usr_1" });
  expect(order.conflicts).toEqual([{ kind: "placed-twice", event_id: "evt_other" }]);
});

test("takes the latest report of one refund id", () => {
  const again = orderAfter([placed(), refunded(3, 700, [], { id: "1" }), refunded(2, 500, [], { id: "1" })]);
  expect(again.refunds).toMatchObject([{ amount_minor: 700, at_ms: 120_000 }]);
});

test("keeps a refund of our checkout when another system reports it differently", () => {
  const own = { refund_id: "r1", amount_minor: 500, items: [], asked: {}, at_ms: 5, event_id: "evt_5" };
  const order = reportRefund(orderAfter([placed()]), own);
  expect(reportRefund(order, { ...own, asked: undefined, amount_minor: 900, at_ms: 9 })).toBe(order);
});

test("finds an order above its limits", () => {
  const many = Array.from({ length: MAX_PAYMENTS + 1 }, (_, n) => paid(n, 1, { id: `p${n}` }));
  expect(limitFault(orderAfter(many))).toContain("expected at most 100, got 101");
  expect(limitFault(orderAfter(many.slice(1)))).toBeUndefined();
  const huge = [1, 2].map(n => paid(n, 999_999_999_999_999, { id: `p${n}` }));
  expect(limitFault(orderAfter(huge))).toContain("order sum is too large");
  const cups = Array.from({ length: 201 }, (_, n) => ({ product_id: `cup_${n}`, quantity: 1 }));
  const returns = Array.from({ length: 10 }, (_, n) => refunded(n + 1, 1, cups));
  expect(limitFault(orderAfter(returns))).toContain("expected at most 2000, got 2010");
  const codes = "EUR GBP JPY CHF SEK NOK DKK PLN CZK HUF RON TRY CAD AUD NZD MXN BRL INR CNY KRW".split(" ");
  const world = codes.map((currency, n) => paid(n + 1, 1, { id: `p${n}`, currency }));
  expect(limitFault(orderAfter([placed(), ...world]))).toContain("order has too many currencies");
});
