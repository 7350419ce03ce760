import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { refundedMinor } from "./order-state.ts";
import type { AskedRefund, Payable } from "./payment.ts";
import { decideAttempt, decideRefund, isLatestFailure } from "./payment.ts";

const order: Payable = {
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
  ...order,
  attempts: [{ attempt_id: "a1", outcome: "paid", at_ms: 1 }],
  paid: { amount_minor: 3500 },
};

test("takes an attempt once, and none that contradicts what is known of it", () => {
  expect(decideAttempt(order, { attempt_id: "a1", outcome: "paid" })).toEqual({ kind: "new" });
  expect(decideAttempt(paid, { attempt_id: "a1", outcome: "paid" })).toEqual({ kind: "known" });
  expect(decideAttempt(paid, { attempt_id: "a1", outcome: "failed" })).toMatchObject({ kind: "refused" });
  const reason = "The order is already paid.";
  for (const known of [paid, { ...paid, cancelled: {} }])
    expect(decideAttempt(known, { attempt_id: "a2", outcome: "paid" })).toEqual({ kind: "refused", reason });
});

test("knows an attempt or a refund again only when it says the same, and otherwise names what is known", () => {
  const known: Payable = { ...paid, paid: { amount_minor: 3500, attempt_id: "a1", payment_id: "p1" } };
  const attempt = { attempt_id: "a1", outcome: "paid", payment_id: "p1" } as const;
  expect(decideAttempt(known, { ...attempt, amount: 35 })).toEqual({ kind: "known" });
  const reason = "The attempt a1 is known to have paid 35 USD by the payment p1.";
  for (const other of [{ amount: 1 }, { payment_id: "p2" }])
    expect(decideAttempt(known, { ...attempt, ...other })).toEqual({ kind: "refused", reason });
  const asked = { refund_id: "r1", items: [{ product_id: "cup", quantity: 1 }] };
  const first = decideRefund(paid, asked, false);
  if (first.kind !== "new") throw new Error(first.kind);
  const after: Payable = { ...paid, refunds: [first.refund] };
  for (const same of [asked, { ...asked, amount: 5 }])
    expect(decideRefund(after, same, false)).toEqual({ kind: "known" });
  for (const other of [{ refund_id: "r1" }, { ...asked, amount: 4 }, { refund_id: "r1", amount: 5 }])
    expect(decideRefund(after, other, false)).toEqual({
      kind: "refused",
      reason: "The refund r1 is known to have given back 5 USD and 1 cup.",
    });
});

test("lets only the latest failure of an unpaid order matter", () => {
  const failed = (attempt_id: string, at_ms: number) => ({ attempt_id, outcome: "failed", at_ms }) as const;
  const tried: Payable = { ...order, attempts: [failed("a1", 1), failed("a2", 2)] };
  expect(isLatestFailure(tried, "a1")).toBe(false);
  expect(isLatestFailure(tried, "a2")).toBe(true);
  expect(isLatestFailure({ ...tried, paid: { amount_minor: 3500 } }, "a2")).toBe(false);
});

const refunded = (asked: Partial<AskedRefund>, of = paid) =>
  decideRefund(of, { refund_id: `r${of.refunds.length}`, ...asked }, false);

test("gives back all of it with its items when nothing is said, or what the named items cost", () => {
  expect(refunded({})).toMatchObject({
    refund: {
      amount_minor: 3500,
      items: [
        { product_id: "cup", quantity: 3 },
        { product_id: "pot", quantity: 1 },
      ],
    },
  });
  const items = [
    { product_id: "cup", quantity: 1 },
    { product_id: "cup", quantity: 1 },
  ];
  expect(refunded({ items })).toMatchObject({
    refund: { amount_minor: 1000, items: [{ product_id: "cup", quantity: 2 }] },
  });
  expect(refunded({ amount: 5 })).toMatchObject({ refund: { amount_minor: 500, items: [] } });
});

test("brings back all that is still out with the last of the money, unless the parcel has left", () => {
  const part = { refund_id: "r1", amount_minor: 3000, items: [] };
  const last = { refund_id: "r2", amount: 5, items: [{ product_id: "cup", quantity: 1 }] };
  const itemsBack = (isGone: boolean) => decideRefund({ ...paid, refunds: [part] }, last, isGone);
  const everything = [
    { product_id: "cup", quantity: 3 },
    { product_id: "pot", quantity: 1 },
  ];
  expect(itemsBack(false)).toMatchObject({ refund: { items: everything } });
  expect(itemsBack(true)).toMatchObject({ refund: { items: last.items } });
});

test("gives back in the currency that was paid", () => {
  const { total_minor: _unsaid, ...unpriced } = paid;
  const inYen: Payable = { ...unpriced, paid: { amount_minor: 1500, currency: "JPY" } };
  expect(refunded({}, inYen)).toMatchObject({ refund: { amount_minor: 1500, currency: "JPY" } });
  expect(refunded({ items: [{ product_id: "cup", quantity: 1 }] }, inYen)).toMatchObject({
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
    "more of a product than was ordered, in two parts",
    {
      items: [
        { product_id: "cup", quantity: 2 },
        { product_id: "cup", quantity: 2 },
      ],
    },
    "/items/0/quantity",
  ],
])("refuses to give back %s, and says what would be possible", (_what, asked, pointer) => {
  expect(refunded(asked)).toMatchObject({
    kind: "faults",
    faults: expect.arrayContaining([expect.objectContaining({ pointer })]),
  });
});

test("refunds nothing of an order that nobody paid", () => {
  expect(refunded({}, order)).toEqual({ kind: "refused", reason: "Nothing has been paid for the order." });
});

test("never gives back more money or more items than there were, whatever is asked in whatever order", () => {
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
    fc.property(fc.array(arbRefund, { maxLength: 8 }), asked => {
      const end: Payable = { ...paid, refunds: [] };
      for (const one of asked) {
        const decision = refunded(one, end);
        if (decision.kind === "new") end.refunds.push(decision.refund);
      }
      expect(refundedMinor(end)).toBeLessThanOrEqual(3500);
      const back = (id: string) =>
        end.refunds
          .flatMap(refund => refund.items)
          .filter(item => item.product_id === id)
          .reduce((sum, item) => sum + item.quantity, 0);
      expect([back("cup") <= 3, back("pot") <= 1, back("hat")]).toEqual([true, true, 0]);
    }),
  );
});
