import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { refundedMinor } from "./order-state.ts";
import type { Payable } from "./payment.ts";
import type { AskedRefund } from "./refund.ts";
import { decideRefund } from "./refund.ts";

const unpaid: Payable = {
  items: [
    { product_id: "cup", quantity: 3, unit_price_minor: 500 },
    { product_id: "pot", quantity: 1, unit_price_minor: 2000 },
  ],
  total_minor: 3500,
  currency: "USD",
  attempts: [],
  paid: null,
  refunds: [],
  cancelled: null,
};
const paid: Payable = {
  ...unpaid,
  attempts: [{ attempt_id: "a1", outcome: "paid", at_ms: 1 }],
  paid: { amount_minor: 3500 },
};
const oneCup = [{ product_id: "cup", quantity: 1 }];
const allItems = [
  { product_id: "cup", quantity: 3 },
  { product_id: "pot", quantity: 1 },
];

/** Asks for a refund under a new id; the parcel has not left. */
const refundOf = (order: Payable, asked: Partial<AskedRefund>) =>
  decideRefund(order, { refund_id: `r${order.refunds.length}`, ...asked }, false);

test("recognises a refund only when request or result are the same", () => {
  const asked = { refund_id: "r1", items: oneCup };
  const first = decideRefund(paid, asked, false);
  if (first.kind !== "new") throw new Error(first.kind);
  const refunded: Payable = { ...paid, refunds: [first.refund] };
  for (const same of [asked, { ...asked, amount: 5 }])
    expect(decideRefund(refunded, same, false)).toEqual({ kind: "known" });
  for (const other of [{ refund_id: "r1" }, { ...asked, amount: 4 }, { refund_id: "r1", amount: 5 }])
    expect(decideRefund(refunded, other, false)).toEqual({
      kind: "refused",
      reason: "The refund r1 has already given back 5 USD and 1 cup.",
    });
});

test("keeps an empty request as an empty map, and recognises its repetition", () => {
  const first = decideRefund(paid, { refund_id: "r1" }, false);
  if (first.kind !== "new") throw new Error(first.kind);
  expect(first.refund.asked).toStrictEqual({});
  const refunded: Payable = { ...paid, refunds: [first.refund] };
  expect(decideRefund(refunded, { refund_id: "r1" }, false)).toEqual({ kind: "known" });
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
  const part = { refund_id: "r1", amount_minor: 3000, items: [] };
  const last = { refund_id: "r2", amount: 5, items: oneCup };
  const lastRefund = (isGone: boolean) => decideRefund({ ...paid, refunds: [part] }, last, isGone);
  expect(lastRefund(false)).toMatchObject({ refund: { items: allItems } });
  expect(lastRefund(true)).toMatchObject({ refund: { items: oneCup } });
});

test("refunds in the currency of the payment", () => {
  const { total_minor: _total, ...unpriced } = paid;
  const inYen: Payable = { ...unpriced, paid: { amount_minor: 1500, currency: "JPY" } };
  expect(refundOf(inYen, {})).toMatchObject({ refund: { amount_minor: 1500, currency: "JPY" } });
  expect(refundOf(inYen, { items: oneCup })).toMatchObject({
    faults: [{ pointer: "/amount", expected: expect.stringContaining("in JPY") }],
  });
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
      const order: Payable = { ...paid, refunds: [] };
      for (const asked of requests) {
        const decision = refundOf(order, asked);
        if (decision.kind === "new") order.refunds.push(decision.refund);
      }
      expect(refundedMinor(order)).toBeLessThanOrEqual(3500);
      const returned = (id: string) =>
        order.refunds
          .flatMap(refund => refund.items)
          .filter(item => item.product_id === id)
          .reduce((sum, item) => sum + item.quantity, 0);
      expect([returned("cup") <= 3, returned("pot") <= 1, returned("hat")]).toEqual([true, true, 0]);
    }),
  );
});
