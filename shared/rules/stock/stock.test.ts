import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { StockDecision, StockMove } from "./stock.ts";
import { decideCancelled, decidePlaced, decideReturned } from "./stock.ts";
import { observeLevel, openLevel } from "./stock-level.ts";

const order = {
  order_id: "ord_1",
  items: [
    { product_id: "a", quantity: 2 },
    { product_id: "b", quantity: 1 },
    { product_id: "a", quantity: 1 },
  ],
};
const stocked = new Set(["a", "b"]);

type Step = (move: StockMove | undefined) => StockDecision;
const placed: Step = move => decidePlaced(move, order, stocked);
const cancelled: Step = move => decideCancelled(move, "ord_1");
const refunded =
  (refund_id: string, product_id: string, quantity: number): Step =>
  move =>
    decideReturned(move, { order_id: "ord_1", refund_id, items: [{ product_id, quantity }] });

/** What the steps did to stock in the end. */
function moved(...steps: Step[]): Record<string, number> {
  let move: StockMove | undefined;
  const stock: Record<string, number> = { a: 0, b: 0 };
  for (const step of steps) {
    const decision = step(move);
    if (decision.kind === "unchanged") continue;
    move = decision.move;
    for (const { product_id, delta } of decision.deltas) stock[product_id] = (stock[product_id] ?? 0) + delta;
  }
  return stock;
}

test("an order takes its items once, however often it is reported", () => {
  expect(moved(placed)).toEqual({ a: -3, b: -1 });
  const other = { order_id: "ord_1", items: [{ product_id: "a", quantity: 9 }] };
  expect(moved(placed, placed, move => decidePlaced(move, other, stocked))).toEqual({ a: -3, b: -1 });
});

test("a cancel returns what was taken, and one that comes first lets nothing be taken", () => {
  expect(moved(placed, cancelled, cancelled)).toEqual({ a: 0, b: 0 });
  const tombstone = decideCancelled(undefined, "ord_1");
  expect(tombstone).toMatchObject({ kind: "changed", move: { deducted: null, cancelled: true }, deltas: [] });
  const move = tombstone.kind === "changed" ? tombstone.move : undefined;
  expect(placed(move)).toEqual({ kind: "unchanged", reason: "order was cancelled" });
});

test("a refund returns its items once and at most what is out; a cancel then returns only the rest", () => {
  const refund = refunded("ref_1", "a", 2);
  expect(moved(placed, refund, refund)).toEqual({ a: -1, b: -1 });
  expect(moved(placed, refund, refunded("ref_2", "a", 9))).toEqual({ a: 0, b: -1 });
  expect(moved(placed, refund, cancelled)).toEqual({ a: 0, b: 0 });
});

test("what happens to an order's stock does not depend on the order of arrival, and is never negative", () => {
  const steps = [
    placed,
    placed,
    cancelled,
    refunded("ref_1", "a", 2),
    refunded("ref_2", "a", 2),
    refunded("ref_1", "a", 2),
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(steps), chosen => {
      const inOrder = steps.filter(step => chosen.includes(step));
      const stock = moved(...chosen);
      expect(stock).toEqual(moved(...inOrder));
      expect(Math.max(...Object.values(stock))).toBeLessThanOrEqual(0);
    }),
  );
});

test("products that nobody stocked here are left out", () => {
  expect(decidePlaced(undefined, order, new Set(["b"]))).toMatchObject({
    kind: "changed",
    deltas: [{ product_id: "b", delta: -1 }],
  });
  expect(decidePlaced(undefined, order, new Set())).toEqual({ kind: "unchanged", reason: "not stocked" });
});

test("stock that falls to its threshold alerts once, and again only after it was above it", () => {
  const quantities = [6, 5, 4, 5, 6, 3, 12, 3];
  let level = openLevel({ quantity: 10, threshold: 5 });
  const alerts = quantities.map(quantity => {
    const seen = observeLevel(level, { quantity, threshold: 5 });
    level = seen.level;
    return seen.alert?.current_stock;
  });
  expect(alerts).toEqual([undefined, 5, undefined, undefined, undefined, 3, undefined, 3]);
  expect(level).toEqual({ low: true, crossings: 3 });
});

test("stock that opens low is no crossing, a threshold raised above the stock is one", () => {
  const opensLow = openLevel({ quantity: 3, threshold: 5 });
  expect(observeLevel(opensLow, { quantity: 2, threshold: 5 })).toEqual({ level: opensLow });
  const unwatched = openLevel({ quantity: 10, threshold: null });
  expect(observeLevel(unwatched, { quantity: -5, threshold: null })).toEqual({ level: unwatched });
  expect(observeLevel(unwatched, { quantity: 10, threshold: 12 }).alert).toEqual({
    current_stock: 10,
    threshold: 12,
  });
});
