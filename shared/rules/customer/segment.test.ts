import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { SegmentRecord } from "./segment.ts";
import { countOrder, firstRecord, LAPSED_AFTER_MS, segmentNow, VIP_ORDERS } from "./segment.ts";

const vipSpent = { amount_minor: 50_000, currency: "USD" };

/** A change of an order's worth, as the reaction counts it. */
interface OrderChange {
  paid_orders: number;
  amount: number;
  /** Absent: no payment. */
  at?: number;
}

function recordAfter(changes: readonly OrderChange[]): SegmentRecord {
  return changes.reduce(
    (record, { paid_orders, amount, at }) =>
      countOrder(record, { paid_orders, net_minor: { USD: amount } }, at),
    firstRecord("u"),
  );
}

const changes = fc.array(
  fc.record(
    {
      paid_orders: fc.integer({ min: -1, max: 1 }),
      amount: fc.integer({ min: -40_000, max: 40_000 }),
      at: fc.nat(1000),
    },
    { requiredKeys: ["paid_orders", "amount"] },
  ),
  { maxLength: 12 },
);

test("gives the same segment and counts in every order of changes", () => {
  fc.assert(
    fc.property(changes, fc.infiniteStream(fc.nat()), (list, dice) => {
      const shuffled = [...list]
        .map(change => ({ change, by: dice.next().value ?? 0 }))
        .sort((a, b) => a.by - b.by)
        .map(({ change }) => change);
      const at = { nowMs: 2000, vipSpent };
      expect(segmentNow(recordAfter(shuffled), at)).toEqual(segmentNow(recordAfter(list), at));
    }),
  );
});

const paid = (at: number, amount: number): OrderChange => ({ paid_orders: 1, amount, at });
const partRefund = (amount: number): OrderChange => ({ paid_orders: 0, amount: -amount });
const fullRefund = (amount: number): OrderChange => ({ paid_orders: -1, amount: -amount });
const segmentOf = (list: readonly OrderChange[], nowMs = 100) =>
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
  expect(segmentOf([paid(1, 50_000), partRefund(1)])).toBe("active");
  expect(segmentOf([paid(1, 500), fullRefund(500)])).toBe("new");
  expect(segmentOf([paid(1, 500), partRefund(400), fullRefund(100)])).toBe("new");
});

test("counts a payment in another currency as an order without money", () => {
  const record = countOrder(firstRecord("u"), { paid_orders: 1, net_minor: { JPY: 9_000_000 } }, 1);
  expect(segmentNow(record, { nowMs: 2, vipSpent })).toMatchObject({ segment: "active", orders: 1 });
});

test("lapses by time alone and returns with the next payment", () => {
  const until = 10 + LAPSED_AFTER_MS;
  const bought = [paid(10, 60_000)];
  expect(segmentOf(bought, until - 1)).toBe("vip");
  expect(segmentOf(bought, until)).toBe("lapsed");
  const lapsesAtMs = (nowMs: number) => segmentNow(recordAfter(bought), { nowMs, vipSpent }).lapses_at_ms;
  expect(lapsesAtMs(20)).toBe(until);
  expect(lapsesAtMs(until)).toBeNull();
  expect(segmentOf([...bought, paid(until, 1)], until)).toBe("vip");
});
