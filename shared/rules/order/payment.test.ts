import { expect, test } from "@jest/globals";
import { cancelled, orderAfter, paid, placed } from "../../../scripts/test/order-facts.ts";
import { foldOrder } from "./fold.ts";
import { MAX_ATTEMPTS } from "./limits.ts";
import type { Order } from "./order.ts";
import type { AskedAttempt } from "./payment.ts";
import { attemptAmount, decideAttempt } from "./payment.ts";
import { reportAttempt, reportPaid } from "./reports.ts";

const unpaid = orderAfter([placed()]);
const failed = (attempt_id: string, at_ms: number) => ({ attempt_id, outcome: "failed", at_ms }) as const;

/** Records a successful attempt as our checkout does. */
function paidBy(
  order: Order,
  { attempt_id, payment_id }: Pick<AskedAttempt, "attempt_id" | "payment_id">,
): Order {
  const tried = reportAttempt(order, { attempt_id, outcome: "paid", at_ms: 1 });
  const ids = payment_id === undefined ? { attempt_id } : { attempt_id, payment_id };
  return reportPaid(tried, { ...ids, amount_minor: 10_000, currency: "USD", at_ms: 1, event_id: "evt_1" });
}
const whole = paidBy(unpaid, { attempt_id: "a1", payment_id: "p1" });
const attempt = (more: Partial<AskedAttempt>) => ({ attempt_id: "a1", outcome: "paid", ...more }) as const;

test("accepts a new attempt once", () => {
  expect(decideAttempt(unpaid, attempt({}))).toEqual({ kind: "new" });
  for (const same of [{}, { amount: 100 }, { payment_id: "p1" }])
    expect(decideAttempt(whole, attempt(same))).toEqual({ kind: "known" });
});

test("records a new attempt or a new payment in every state", () => {
  for (const order of [whole, orderAfter([placed(), cancelled(1)])])
    for (const more of [{ attempt_id: "a2" }, { attempt_id: "a2", payment_id: "p2" }, { payment_id: "p2" }])
      expect(decideAttempt(order, attempt(more))).toEqual({ kind: "new" });
});

test("refuses another amount for a known attempt or payment", () => {
  const kind = "refused";
  expect(decideAttempt(whole, attempt({ amount: 1 }))).toEqual({
    kind,
    reason: "The payment p1 has already paid 100 USD.",
  });
  expect(decideAttempt(whole, attempt({ attempt_id: "a2", payment_id: "p1", amount: 1 }))).toMatchObject({
    kind,
  });
});

test("names the payment of an attempt later, with the same amount only", () => {
  const bare = paidBy(unpaid, { attempt_id: "a1" });
  expect(decideAttempt(bare, attempt({ payment_id: "p1" }))).toEqual({ kind: "new" });
  expect(decideAttempt(bare, attempt({ payment_id: "p1", amount: 50 }))).toMatchObject({ kind: "refused" });
  const twice = paidBy(bare, { attempt_id: "a2" });
  expect(attemptAmount(twice, { attempt_id: "a1", payment_id: "p1" })).toBe(10_000);
  expect(foldOrder(paidBy(bare, { attempt_id: "a1", payment_id: "p1" })).own.paid_minor).toBe(10_000);
});

test("keeps the amount of a known payment without another amount", () => {
  const part = reportPaid(unpaid, {
    ...{ attempt_id: "a1", payment_id: "p1", amount_minor: 6000, currency: "USD" },
    ...{ at_ms: 1, event_id: "evt_1" },
  });
  expect(attemptAmount(part, { attempt_id: "a2", payment_id: "p1" })).toBe(6000);
});

test("refuses an attempt with another outcome than the known one", () => {
  const kind = "refused";
  expect(decideAttempt(whole, attempt({ outcome: "failed" }))).toEqual({
    kind,
    reason: "The attempt a1 has already succeeded.",
  });
  const tried = reportAttempt(unpaid, failed("a1", 1));
  expect(decideAttempt(tried, attempt({}))).toEqual({ kind, reason: "The attempt a1 has already failed." });
  expect(decideAttempt(tried, attempt({ payment_id: "p1" }))).toEqual({ kind: "new" });
});

test("refuses a failure when the order is paid", () => {
  expect(decideAttempt(whole, attempt({ attempt_id: "a2", outcome: "failed" }))).toEqual({
    kind: "refused",
    reason: "The order is already paid.",
  });
});

test("refuses a failure when MAX_ATTEMPTS attempts have failed", () => {
  const attempts = Array.from({ length: MAX_ATTEMPTS }, (_, index) => failed(`a${index}`, index));
  const tried = attempts.reduce(reportAttempt, unpaid);
  expect(decideAttempt(tried, attempt({ attempt_id: "new", outcome: "failed" }))).toEqual({
    kind: "refused",
    reason: "The order has 50 failed payment attempts; cancel it and place a new order.",
  });
  expect(decideAttempt(tried, attempt({ attempt_id: "new" }))).toEqual({ kind: "new" });
});

test("takes what is still due when an attempt names no amount", () => {
  const part = orderAfter([placed(), paid(1, 6000, { id: "p1" })]);
  expect([unpaid, part, whole].map(order => attemptAmount(order, { attempt_id: "new" }))).toEqual([
    10_000, 4000, 10_000,
  ]);
  expect(
    attemptAmount(orderAfter([placed({ total_minor: undefined })]), { attempt_id: "new" }),
  ).toBeUndefined();
  expect([0, 0.001, 60].map(amount => attemptAmount(unpaid, { attempt_id: "new", amount }))).toEqual([
    undefined,
    undefined,
    6000,
  ]);
  expect(attemptAmount(orderAfter([placed({ total_minor: 0 })]), { attempt_id: "new", amount: 0 })).toBe(0);
});
