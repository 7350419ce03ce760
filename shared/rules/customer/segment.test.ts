import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { SegmentOrder, SegmentRecord } from "./segment.ts";
import {
  countOrder,
  firstRecord,
  LAPSED_AFTER_MS,
  NO_ORDER,
  paidAt,
  segmentNow,
  VIP_ORDERS,
} from "./segment.ts";

const USD = (amount_minor: number) => ({ amount_minor, currency: "USD" });
const vipSpent = USD(50_000);

type MoneyFact = { order: number; at: number } & (
  | { kind: "paid"; amount: number }
  | { kind: "refund"; amount: number }
);

/** Applies facts as the reaction does: one payment per order, each refund by its id. */
function recordAfter(facts: readonly MoneyFact[]): SegmentRecord {
  const orders = new Map<number, SegmentOrder>();
  return facts.reduce((record, fact) => {
    const before = orders.get(fact.order) ?? NO_ORDER;
    const refunds = { ...before.refunds, [`ref_${fact.at}`]: USD(fact.amount) };
    const after = fact.kind === "paid" ? { ...before, paid: USD(fact.amount) } : { ...before, refunds };
    orders.set(fact.order, after);
    const counted = countOrder(record, before, after);
    return fact.kind === "paid" ? paidAt(counted, fact.at) : counted;
  }, firstRecord("u"));
}

const facts = fc
  .uniqueArray(
    fc.record({
      order: fc.integer({ min: 0, max: 4 }),
      kind: fc.constantFrom("paid" as const, "refund" as const),
      amount: fc.integer({ min: 0, max: 40_000 }),
      at: fc.integer({ min: 0, max: 1000 }),
    }),
    // Each order has one payment, and each refund an id of its own.
    {
      selector: ({ order, kind, at }) => (kind === "paid" ? `paid ${order}` : `refund ${at}`),
      maxLength: 12,
    },
  )
  .filter(list => new Set(list.map(({ at }) => at)).size === list.length);

test("gives the same segment and counts in every order of facts", () => {
  fc.assert(
    fc.property(facts, fc.infiniteStream(fc.nat()), (list, dice) => {
      const shuffled = [...list]
        .map(fact => ({ fact, by: dice.next().value ?? 0 }))
        .sort((a, b) => a.by - b.by)
        .map(({ fact }) => fact);
      const at = { nowMs: 2000, vipSpent };
      expect(segmentNow(recordAfter(shuffled), at)).toEqual(segmentNow(recordAfter(list), at));
    }),
  );
});

const paid = (order: number, amount: number, at = order): MoneyFact => ({ kind: "paid", order, amount, at });
const refund = (order: number, amount: number, at: number): MoneyFact => ({
  kind: "refund",
  order,
  amount,
  at,
});
const segmentOf = (list: readonly MoneyFact[], nowMs = 100) =>
  segmentNow(recordAfter(list), { nowMs, vipSpent }).segment;

test("makes a buyer active, and a vip by money or by orders", () => {
  expect(segmentOf([])).toBe("new");
  expect(segmentOf([paid(1, 1)])).toBe("active");
  expect(segmentOf([paid(1, 49_999)])).toBe("active");
  expect(segmentOf([paid(1, 50_000)])).toBe("vip");
  const many = Array.from({ length: VIP_ORDERS }, (_, n) => paid(n, 100));
  expect(segmentOf(many)).toBe("vip");
  expect(segmentOf(many.slice(1))).toBe("active");
});

test("subtracts refunded money, and the order when all is refunded", () => {
  expect(segmentOf([paid(1, 50_000), refund(1, 1, 9)])).toBe("active");
  expect(segmentOf([paid(1, 500), refund(1, 500, 9)])).toBe("new");
  expect(segmentOf([paid(1, 500), refund(1, 400, 9), refund(1, 100, 10)])).toBe("new");
  expect(segmentOf([refund(1, 500, 9)])).toBe("new");
});

test("counts a payment in another currency as an order without money", () => {
  const order = { ...NO_ORDER, paid: { amount_minor: 9_000_000, currency: "JPY" } };
  const record = paidAt(countOrder(firstRecord("u"), NO_ORDER, order), 1);
  expect(segmentNow(record, { nowMs: 2, vipSpent })).toMatchObject({ segment: "active", orders: 1 });
});

test("lapses by time alone and returns with the next payment", () => {
  const until = 10 + LAPSED_AFTER_MS;
  const bought = [paid(1, 60_000, 10)];
  expect(segmentOf(bought, until - 1)).toBe("vip");
  expect(segmentOf(bought, until)).toBe("lapsed");
  const lapsesAtMs = (nowMs: number) => segmentNow(recordAfter(bought), { nowMs, vipSpent }).lapses_at_ms;
  expect(lapsesAtMs(20)).toBe(until);
  expect(lapsesAtMs(until)).toBeNull();
  expect(segmentOf([...bought, paid(2, 1, until)], until)).toBe("vip");
});
