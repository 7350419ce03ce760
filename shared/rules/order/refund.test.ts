import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { cancelled, left, orderAfter, paid as payment, placed } from "../../../scripts/test/order-facts.ts";
import { decisionTime } from "./facts.ts";
import { foldOrder } from "./fold.ts";
import type { Order } from "./order.ts";
import { decideRefund } from "./refund.ts";
import type { AskedRefund } from "./refund-request.ts";
import { reportRefund } from "./reports.ts";

const items = [
  { product_id: "cup", quantity: 3, unit_price_minor: 500 },
  { product_id: "pot", quantity: 1, unit_price_minor: 2000 },
];
const unpaid = orderAfter([placed({ items, total_minor: 3500 })]);
const paid = orderAfter([placed({ items, total_minor: 3500 }), payment(1, 3500, { id: "p1" })]);
const oneCup = [{ product_id: "cup", quantity: 1 }];
const allItems = [
  { product_id: "cup", quantity: 3 },
  { product_id: "pot", quantity: 1 },
];

/** Asks for a refund under a new id; the parcel has not left. */
const refundOf = (order: Order, asked: Partial<AskedRefund>) =>
  decideRefund(order, { refund_id: `r${order.refunds.length}`, ...asked });

/** Returns the order after a decided refund. */
function after(order: Order, decision: ReturnType<typeof decideRefund>): Order {
  if (decision.kind !== "new") throw new Error(decision.kind);
  const time = { at_ms: decisionTime(order, 0), event_id: decision.refund.refund_id };
  return reportRefund(order, { ...decision.refund, ...time });
}

test("recognises a refund only when request or result are the same", () => {
  const asked = { refund_id: "r1", items: oneCup };
  const first = decideRefund(paid, asked);
  if (first.kind !== "new") throw new Error(first.kind);
  const refunded = after(paid, first);
  for (const same of [asked, { ...asked, amount: 5 }])
    expect(decideRefund(refunded, same)).toEqual({ kind: "known" });
  for (const other of [{ refund_id: "r1" }, { ...asked, amount: 4 }, { refund_id: "r1", amount: 5 }])
    expect(decideRefund(refunded, other)).toEqual({
      kind: "refused",
      reason: "The refund r1 has already given back 5 USD and 1 cup.",
    });
});

test("keeps an empty request as an empty map, and recognises its repetition", () => {
  const first = decideRefund(paid, { refund_id: "r1" });
  if (first.kind !== "new") throw new Error(first.kind);
  expect(first.refund.asked).toStrictEqual({});
  const refunded = after(paid, first);
  expect(decideRefund(refunded, { refund_id: "r1" })).toEqual({ kind: "known" });
});

test("refunds everything with all items when nothing is named", () => {
  expect(refundOf(paid, {})).toMatchObject({ refund: { amount_minor: 3500, items: allItems } });
});

test("refunds the price of the named items", () => {
  expect(refundOf(paid, { items: [...oneCup, ...oneCup] })).toMatchObject({
    refund: { amount_minor: 1000, items: [{ product_id: "cup", quantity: 2 }] },
  });
});

test("refunds an amount without items", () => {
  expect(refundOf(paid, { amount: 5 })).toMatchObject({ refund: { amount_minor: 500, items: [] } });
});

test("returns all items with the last money unless the parcel has left", () => {
  const part = after(paid, refundOf(paid, { amount: 30 }));
  const last = { amount: 5, items: oneCup };
  expect(refundOf(part, last)).toMatchObject({ refund: { items: allItems } });
  expect(refundOf(left(9)(part), last)).toMatchObject({ refund: { items: oneCup } });
});

test("returns no items of a cancelled or part-paid order with its money", () => {
  expect(refundOf(cancelled(5)(paid), {})).toMatchObject({ refund: { amount_minor: 3500, items: [] } });
  expect(refundOf(payment(1, 600)(unpaid), {})).toMatchObject({ refund: { amount_minor: 600, items: [] } });
});

test("refunds money in each currency that came", () => {
  const inYen = payment(2, 1500, { id: "y", currency: "JPY" })(paid);
  expect(refundOf(inYen, { currency: "JPY" })).toMatchObject({
    refund: { amount_minor: 1500, currency: "JPY" },
  });
  const usd = refundOf(inYen, {});
  expect(usd).toMatchObject({ refund: { amount_minor: 3500, currency: "USD" } });
  expect(refundOf(after(inYen, usd), {})).toMatchObject({ refund: { amount_minor: 1500, currency: "JPY" } });
  expect(refundOf(inYen, { currency: "JPY", items: oneCup })).toMatchObject({
    faults: [{ pointer: "/amount", expected: expect.stringContaining("in JPY") }],
  });
});

test("refunds only what is owed back", () => {
  const twice = payment(2, 3500, { id: "p2" })(paid);
  const owed = refundOf(twice, { owed: true });
  expect(owed).toMatchObject({ refund: { amount_minor: 3500, items: [], asked: { owed: true } } });
  expect(refundOf(after(twice, owed), { owed: true })).toEqual({
    kind: "refused",
    reason: "Nothing is owed back for the order.",
  });
  expect(refundOf(twice, { owed: true, amount: 1, items: oneCup })).toMatchObject({
    faults: [{ pointer: "/amount" }, { pointer: "/items" }],
  });
});

test("refunds the share of the items of a discounted order", () => {
  const half = orderAfter([placed({ total_minor: 5000 }), payment(1, 5000, { id: "p1" })]);
  expect(refundOf(half, { items: oneCup })).toMatchObject({ refund: { amount_minor: 2500, items: oneCup } });
});

test("returns only the named unit of two with different prices", () => {
  const lines = [0, 10_000].map(unit_price_minor => ({ product_id: "cup", quantity: 1, unit_price_minor }));
  const order = orderAfter([placed({ items: lines }), payment(1, 10_000, { id: "p1" })]);
  const first = refundOf(order, { items: oneCup });
  expect(first).toMatchObject({ refund: { amount_minor: 10_000, items: oneCup } });
  expect(refundOf(after(order, first), { items: oneCup })).toMatchObject({
    refund: { amount_minor: 0, items: oneCup },
  });
});

test("takes units back without money only when their money went back", () => {
  const gone = after(left(9)(paid), refundOf(left(9)(paid), { amount: 35 }));
  expect(refundOf(gone, { items: oneCup })).toMatchObject({ refund: { amount_minor: 0, items: oneCup } });
  const stopped = after(paid, refundOf(paid, {}));
  expect(refundOf(stopped, { items: oneCup })).toMatchObject({ kind: "faults" });
  expect(refundOf(unpaid, { items: oneCup })).toMatchObject({ kind: "refused" });
  expect(refundOf(cancelled(1)(unpaid), { items: oneCup })).toMatchObject({ kind: "refused" });
});

test("asks for an amount when an item has no price", () => {
  const order = orderAfter([placed({ items: [{ product_id: "cup", quantity: 2 }], isPaid: true })]);
  expect(refundOf(order, { items: oneCup })).toMatchObject({ faults: [{ pointer: "/amount" }] });
  const decision = refundOf(order, { items: oneCup, amount: 30 });
  expect(decision).toMatchObject({ refund: { amount_minor: 3000, items: oneCup } });
  expect(foldOrder(after(order, decision)).own).toMatchObject({ owed_back_minor: 0, still_due_minor: 0 });
});

test.each<[string, Partial<AskedRefund>, string]>([
  ["more than was paid", { amount: 35.01 }, "/amount"],
  ["nothing", { amount: 0 }, "/amount"],
  ["a fraction of a cent", { amount: 0.001 }, "/amount"],
  [
    "a product that was not ordered",
    { amount: 1, items: [{ product_id: "hat", quantity: 1 }] },
    "/items/0/product_id",
  ],
  [
    "more units than ordered, in two parts",
    { items: [1, 2].map(() => ({ product_id: "cup", quantity: 2 })) },
    "/items/0/quantity",
  ],
])("refuses to refund %s with a pointer", (_name, asked, pointer) => {
  expect(refundOf(paid, asked)).toMatchObject({
    kind: "faults",
    faults: expect.arrayContaining([expect.objectContaining({ pointer })]),
  });
});

test("refuses a refund when the order is not paid", () => {
  expect(refundOf(unpaid, {})).toEqual({
    kind: "refused",
    reason: "Nothing has been paid for the order.",
  });
});

test("never refunds more money or items than the order has", () => {
  const arbItem = fc.record({
    product_id: fc.constantFrom("cup", "pot", "hat"),
    quantity: fc.integer({ min: 1, max: 4 }),
  });
  const arbRefund = fc.record(
    {
      amount: fc.integer({ min: 0, max: 4000 }).map(cents => cents / 100),
      items: fc.array(arbItem, { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(arbRefund, { maxLength: 8 }), requests => {
      let order = paid;
      for (const asked of requests) {
        const decision = refundOf(order, asked);
        if (decision.kind === "new") order = after(order, decision);
      }
      expect(foldOrder(order).own.refunded_minor).toBeLessThanOrEqual(3500);
      const returned = (id: string) =>
        order.refunds
          .flatMap(refund => refund.items)
          .filter(item => item.product_id === id)
          .reduce((sum, item) => sum + item.quantity, 0);
      expect([returned("cup") <= 3, returned("pot") <= 1, returned("hat")]).toEqual([true, true, 0]);
    }),
  );
});
