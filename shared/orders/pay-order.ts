import * as v from "valibot";
import { id, money, text } from "../events/define.ts";
import { invalidBody, validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import type { FactTime } from "../rules/order/facts.ts";
import { limitFault } from "../rules/order/limits.ts";
import type { Order } from "../rules/order/order.ts";
import { attemptAmount, decideAttempt } from "../rules/order/payment.ts";
import type { PaidReport } from "../rules/order/reports.ts";
import { reportAttempt, reportPaid } from "../rules/order/reports.ts";
import { fromMinor } from "../values/money.ts";
import { decisionOf, eventTime } from "./decision.ts";
import { orderIn, orderStateConflict } from "./find-order.ts";
import { orderView } from "./order-view.ts";
import { writeOrder } from "./write-order.ts";

const attemptBody = v.strictObject({
  attempt_id: id,
  status: v.picklist(["paid", "failed"], '"paid" or "failed"'),
  payment_id: v.exactOptional(id),
  /** Paid amount, decimal. Absent: what is still due, and the total when nothing is due. Not for a failed attempt. */
  amount: v.exactOptional(money),
  /** Reason of the failure; required for a failed attempt, not allowed for a paid one. */
  error: v.exactOptional(text(1000)),
});

type AttemptBody = v.InferOutput<typeof attemptBody>;

/**
 * Records the result of one payment attempt and announces it as order.paid or payment.failed. A success is recorded in
 * every state, because the money came.
 * @throws Problem 409 when the order does not accept the attempt, 422 for a body whose parts do not fit
 */
export async function pay(command: Command, work: Work): Promise<Decision> {
  const asked = validBody(attemptBody, command.body);
  checkParts(asked);
  const order = await orderIn(command.params, work);
  const { status: outcome, error: _error, ...attempt } = asked;
  const decision = decideAttempt(order, { ...attempt, outcome });
  if (decision.kind === "refused") throw orderStateConflict(decision.reason);
  if (decision.kind === "known") return { status: 200, body: orderView(order), aggregate: order.order_id };
  const time = decisionOf(order, command);
  const { attempt_id, payment_id } = attempt;
  const tried = reportAttempt(order, { attempt_id, outcome, at_ms: time.at_ms });
  const paid = outcome === "paid" ? paidBy(asked, order) : undefined;
  const after = paid ? reportPaid(tried, { ...paid, ...time }) : tried;
  const fault = limitFault(after);
  if (fault !== undefined) throw orderStateConflict(`The ${fault}.`);
  const about = { ...eventTime(time), order_id: order.order_id, user_id: order.user_id };
  const ids = { attempt_id, payment_id };
  if (paid) {
    const { currency } = paid;
    const amount = fromMinor(paid.amount_minor, currency);
    work.emit({ event_type: "order.paid", ...about, payload: { ...ids, amount, currency } });
  } else work.emit({ event_type: "payment.failed", ...about, payload: { error: asked.error ?? "", ...ids } });
  return { status: 201, body: orderView(writeOrder(order, after, work)), aggregate: order.order_id };
}

/**
 * Returns the payment of a successful attempt.
 * @throws Problem 422 for an amount that the order cannot have
 */
function paidBy(
  { attempt_id, payment_id, amount }: AttemptBody,
  order: Order,
): Omit<PaidReport, keyof FactTime> {
  const { currency } = order;
  const amount_minor = attemptAmount(order, { attempt_id, payment_id, amount });
  if (amount_minor !== undefined)
    return { attempt_id, currency, amount_minor, ...(payment_id === undefined ? {} : { payment_id }) };
  const expected = `an amount in ${currency} above 0`;
  const received = amount === undefined ? "nothing, and the total of the order is unknown" : String(amount);
  throw invalidBody([{ pointer: "/amount", expected, received }]);
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
