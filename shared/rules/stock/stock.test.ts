import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { StockDecision, StockMove } from "./stock.ts";
import { decideCancelled, decidePlaced, decideReturned } from "./stock.ts";

const order = {
  order_id: "ord_1",
  items: [
    { product_id: "a", quantity: 2 },
    { product_id: "b", quantity: 1 },
    { product_id: "a", quantity: 1 },
  ],
};
const stocked = new Set(["a", "b"]);

type MoveStep = (move: StockMove | undefined) => StockDecision;
const placed: MoveStep = move => decidePlaced(move, order, stocked);
const cancelled: MoveStep = move => decideCancelled(move, "ord_1");
const refunded =
  (refund_id: string, product_id: string, quantity: number): MoveStep =>
  move =>
    decideReturned(move, { order_id: "ord_1", refund_id, items: [{ product_id, quantity }] });

/** Applies the steps and returns the stock, starting from 0. */
function moved(...steps: MoveStep[]): Record<string, number> {
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

test("takes the items of an order once when reports are repeated", () => {
  expect(moved(placed)).toEqual({ a: -3, b: -1 });
  const other = { order_id: "ord_1", items: [{ product_id: "a", quantity: 9 }] };
  expect(moved(placed, placed, move => decidePlaced(move, other, stocked))).toEqual({ a: -3, b: -1 });
});

test("returns the items of a cancelled order, or takes none", () => {
  expect(moved(placed, cancelled, cancelled)).toEqual({ a: 0, b: 0 });
  const tombstone = decideCancelled(undefined, "ord_1");
  expect(tombstone).toMatchObject({ kind: "changed", move: { deducted: null, cancelled: true }, deltas: [] });
  const move = tombstone.kind === "changed" ? tombstone.move : undefined;
  expect(placed(move)).toEqual({ kind: "unchanged", reason: "order was cancelled" });
});

test("returns items of a refund once, at most those still out", () => {
  const refund = refunded("ref_1", "a", 2);
  expect(moved(placed, refund, refund)).toEqual({ a: -1, b: -1 });
  expect(moved(placed, refund, refunded("ref_2", "a", 9))).toEqual({ a: 0, b: -1 });
  expect(moved(placed, refund, cancelled)).toEqual({ a: 0, b: 0 });
});

test("gives the same stock in every order of arrival", () => {
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

test("leaves out products that are not stocked here", () => {
  expect(decidePlaced(undefined, order, new Set(["b"]))).toMatchObject({
    kind: "changed",
    deltas: [{ product_id: "b", delta: -1 }],
  });
  expect(decidePlaced(undefined, order, new Set())).toEqual({ kind: "unchanged", reason: "not stocked" });
});
