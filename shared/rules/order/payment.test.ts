import { expect, test } from "@jest/globals";
import type { Payable } from "./payment.ts";
import { decideAttempt, isLatestFailure, MAX_ATTEMPTS } from "./payment.ts";

const unpaid: Payable = {
  items: [{ product_id: "cup", quantity: 7, unit_price_minor: 500 }],
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
const failed = (attempt_id: string, at_ms: number) => ({ attempt_id, outcome: "failed", at_ms }) as const;

test("accepts a new attempt once", () => {
  expect(decideAttempt(unpaid, { attempt_id: "a1", outcome: "paid" })).toEqual({ kind: "new" });
  expect(decideAttempt(paid, { attempt_id: "a1", outcome: "paid" })).toEqual({ kind: "known" });
});

test("refuses an attempt with another outcome than the known one", () => {
  expect(decideAttempt(paid, { attempt_id: "a1", outcome: "failed" })).toEqual({
    kind: "refused",
    reason: "The attempt a1 has already succeeded.",
  });
});

test("refuses a new attempt when the order is paid", () => {
  const reason = "The order is already paid.";
  for (const known of [paid, { ...paid, cancelled: {} }])
    expect(decideAttempt(known, { attempt_id: "a2", outcome: "paid" })).toEqual({ kind: "refused", reason });
});

test("refuses an attempt when MAX_ATTEMPTS attempts have failed", () => {
  const attempts = Array.from({ length: MAX_ATTEMPTS }, (_, index) => failed(`a${index}`, index));
  expect(decideAttempt({ ...unpaid, attempts }, { attempt_id: "new", outcome: "paid" })).toEqual({
    kind: "refused",
    reason: "The order has 50 failed payment attempts; cancel it and place a new order.",
  });
});

test("recognises an attempt only when amount and payment are the same", () => {
  const known: Payable = { ...paid, paid: { amount_minor: 3500, attempt_id: "a1", payment_id: "p1" } };
  const attempt = { attempt_id: "a1", outcome: "paid", payment_id: "p1" } as const;
  expect(decideAttempt(known, { ...attempt, amount: 35 })).toEqual({ kind: "known" });
  const reason = "The attempt a1 has already paid 35 USD with payment_id p1.";
  for (const other of [{ amount: 1 }, { payment_id: "p2" }])
    expect(decideAttempt(known, { ...attempt, ...other })).toEqual({ kind: "refused", reason });
});

test("counts only the latest failure of an unpaid order", () => {
  const tried: Payable = { ...unpaid, attempts: [failed("a1", 1), failed("a2", 2)] };
  expect(isLatestFailure(tried, "a1")).toBe(false);
  expect(isLatestFailure(tried, "a2")).toBe(true);
  expect(isLatestFailure({ ...tried, paid: { amount_minor: 3500 } }, "a2")).toBe(false);
});
