import { expect, test } from "@jest/globals";
import type { OrderMove, OrderState } from "./order-state.ts";
import { moveOrder, stateOf } from "./order-state.ts";

const PAID = { amount_minor: 100 };
const orders: Record<OrderState, Parameters<typeof stateOf>[0]> = {
  placed: { paid: null, refunds: [], cancelled: null },
  paid: { paid: PAID, refunds: [], cancelled: null },
  refunded: { paid: PAID, refunds: [{ amount_minor: 100 }], cancelled: null },
  cancelled: { paid: null, refunds: [], cancelled: {} },
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

test.each(cases)("%s of a %s order ends where the table says, or is refused with a reason", (move, state) => {
  const decision = moveOrder(state, move);
  if (decision.allowed) expect(stateOf(moves[move](orders[state]))).toBe(decision.state);
  else expect(decision.reason).toMatch(/^[A-Z].*\.$/);
});

test("allows exactly what makes sense of an order", () => {
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
    "cancelled refund",
    "cancelled refund-rest",
  ]);
});
