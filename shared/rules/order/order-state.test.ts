import { expect, test } from "@jest/globals";
import type { OrderMove, OrderState } from "./order-state.ts";
import { moveOrder } from "./order-state.ts";

const states: OrderState[] = ["placed", "paid", "refunded", "cancelled"];
const moves: OrderMove[] = ["fail", "cancel"];
const cases = states.flatMap(state => moves.map(move => [move, state] as const));

test("allows only the moves that make sense", () => {
  const allowed = cases.filter(([move, state]) => moveOrder(state, move).allowed);
  expect(allowed.map(([move, state]) => `${state} ${move}`)).toEqual([
    "placed fail",
    "placed cancel",
    "paid cancel",
  ]);
});

test.each(cases)("decides about %s from %s, and gives a reason for a refusal", (move, state) => {
  const decision = moveOrder(state, move);
  if (!decision.allowed) expect(decision.reason).toMatch(/^[A-Z].*\.$/);
});
