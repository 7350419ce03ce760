import { expect, test } from "@jest/globals";
import type { OrderMove, OrderState } from "./order-state.ts";
import { moveOrder, stateOf } from "./order-state.ts";

const USD = { currency: "USD", total_minor: 100 };
const PAID = { amount_minor: 100 };
const orders: Record<OrderState, Parameters<typeof stateOf>[0]> = {
  placed: { ...USD, paid: null, refunds: [], cancelled: null },
  paid: { ...USD, paid: PAID, refunds: [], cancelled: null },
  refunded: { ...USD, paid: PAID, refunds: [{ amount_minor: 100 }], cancelled: null },
  cancelled: { ...USD, paid: null, refunds: [], cancelled: {} },
};
const moves: Record<OrderMove, (order: (typeof orders)[OrderState]) => (typeof orders)[OrderState]> = {
  pay: order => ({ ...order, paid: PAID }),
  fail: order => order,
  refund: order => ({ ...order, paid: PAID, refunds: [{ amount_minor: 40 }] }),
  "refund-rest": order => ({ ...order, paid: PAID, refunds: [{ amount_minor: 100 }] }),
  cancel: order => ({ ...order, cancelled: {} }),
  dispatch: order => order,
};
const cases = (Object.keys(orders) as OrderState[]).flatMap(state =>
  (Object.keys(moves) as OrderMove[]).map(move => [move, state] as const),
);

test.each(cases)("moves by %s from %s, or refuses with a reason", (move, state) => {
  const decision = moveOrder(state, move);
  if (decision.allowed) expect(stateOf(moves[move](orders[state]))).toBe(decision.state);
  else expect(decision.reason).toMatch(/^[A-Z].*\.$/);
});

test("allows only the moves that make sense", () => {
  const allowed = cases
    .filter(([move, state]) => moveOrder(state, move).allowed)
    .map(([move, state]) => `${state} ${move}`);
  expect(allowed).toEqual([
    "placed pay",
    "placed fail",
    "placed cancel",
    "paid refund",
    "paid refund-rest",
    "paid cancel",
    "paid dispatch",
    "cancelled pay",
    "cancelled refund",
    "cancelled refund-rest",
  ]);
});

test.each([
  ["less than the total", { paid: { amount_minor: 99 } }, "placed"],
  ["another currency", { paid: { amount_minor: 100, currency: "JPY" } }, "placed"],
  ["a refund in another currency", { paid: PAID, refunds: [{ amount_minor: 100, currency: "JPY" }] }, "paid"],
])("does not count %s towards the total", (_name, facts, state) => {
  expect(stateOf({ ...orders.placed, ...facts })).toBe(state);
});
