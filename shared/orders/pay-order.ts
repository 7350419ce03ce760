import * as v from "valibot";
import { id, money, text } from "../events/define.ts";
import { invalidBody, validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import type { Order } from "../rules/order/order.ts";
import { reportPaid } from "../rules/order/order.ts";
import type { Paid } from "../rules/order/payment.ts";
import { decideAttempt } from "../rules/order/payment.ts";
import { fromMinor, toMinor } from "../values/money.ts";
import { orderIn, orderStateConflict } from "./find-order.ts";
import { orderView } from "./order-view.ts";
import { writeOrder } from "./write-order.ts";

const attemptBody = v.strictObject({
  attempt_id: id,
  status: v.picklist(["paid", "failed"], '"paid" or "failed"'),
  payment_id: v.exactOptional(id),
  /** Paid amount, decimal; must equal the total. Absent: the total. Not allowed for a failed attempt. */
  amount: v.exactOptional(money),
  /** Reason of the failure; required for a failed attempt, not allowed for a paid one. */
  error: v.exactOptional(text(1000)),
});

type AttemptBody = v.InferOutput<typeof attemptBody>;

/**
 * Records the result of one payment attempt and announces it as order.paid or payment.failed.
 * @throws Problem 409 when the order does not accept the attempt, 422 for a body whose parts do not fit
 */
export async function pay({ params, body, nowMs }: Command, work: Work): Promise<Decision> {
  const asked = validBody(attemptBody, body);
  checkParts(asked);
  const order = await orderIn(params, work);
  const { status: outcome, error: _error, ...attempt } = asked;
  const { attempt_id } = attempt;
  const decision = decideAttempt(order, { ...attempt, outcome });
  if (decision.kind === "refused") throw orderStateConflict(decision.reason);
  const answer = (now: Order, status: number): Decision => ({
    status,
    body: orderView(now),
    aggregate: order.order_id,
  });
  if (decision.kind === "known") return answer(order, 200);
  checkAmount(asked, order);
  const tried: Order = { ...order, attempts: [...order.attempts, { attempt_id, outcome, at_ms: nowMs }] };
  const after = outcome === "paid" ? reportPaid(tried, paidBy(asked, order)) : tried;
  announce(asked, after, work);
  return answer(writeOrder(order, after, work), 201);
}

function paidBy({ attempt_id, payment_id }: AttemptBody, { total_minor, currency }: Order): Paid {
  return {
    attempt_id,
    currency,
    payment_id,
    amount_minor: total_minor,
  };
}

function checkParts({ status, amount, error }: AttemptBody): void {
  const fault = (pointer: string, expected: string, received: string) =>
    invalidBody([{ pointer, expected, received }]);
  if (status === "failed" && error === undefined)
    throw fault("/error", "the reason of the failure, at most 1000 characters", "nothing");
  if (status === "failed" && amount !== undefined)
    throw fault("/amount", "no amount for a failed attempt", String(amount));
  if (status === "paid" && error !== undefined)
    throw fault("/error", "no error for a paid attempt", "an error");
}

/** Refuses an amount other than the total: part payments do not exist. */
function checkAmount(asked: AttemptBody, { total_minor, currency }: Order): void {
  if (asked.status === "failed") return;
  if (total_minor === undefined)
    throw orderStateConflict("The total of this order is unknown, so it cannot be paid here.");
  if (asked.amount === undefined || toMinor(asked.amount, currency) === total_minor) return;
  const expected = `${fromMinor(total_minor, currency)} ${currency}, the total of the order`;
  throw invalidBody([{ pointer: "/amount", expected, received: String(asked.amount) }]);
}

function announce(asked: AttemptBody, order: Order, work: Work): void {
  const { attempt_id, payment_id } = asked;
  const about = { order_id: order.order_id, user_id: order.user_id };
  const ids = { attempt_id, payment_id };
  if (asked.status === "failed") {
    work.emit({ event_type: "payment.failed", ...about, payload: { error: asked.error ?? "", ...ids } });
    return;
  }
  const amount = fromMinor(order.total_minor ?? 0, order.currency);
  work.emit({ event_type: "order.paid", ...about, payload: { ...ids, amount, currency: order.currency } });
}
