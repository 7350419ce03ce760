import * as v from "valibot";
import { currency, id, listOf, money, quantity } from "../events/define.ts";
import { invalidBody, validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { limitFault } from "../rules/order/limits.ts";
import { decideRefund } from "../rules/order/refund.ts";
import type { AskedRefund } from "../rules/order/refund-request.ts";
import { reportRefund } from "../rules/order/reports.ts";
import { fromMinor } from "../values/money.ts";
import { decisionOf, eventTime } from "./decision.ts";
import { orderIn, orderStateConflict } from "./find-order.ts";
import { orderView } from "./order-view.ts";
import { writeOrder } from "./write-order.ts";

const refundBody = v.strictObject({
  refund_id: v.exactOptional(id),
  amount: v.exactOptional(money),
  items: v.exactOptional(listOf(v.strictObject({ product_id: id, quantity }))),
  /** True: only the money that is owed back. */
  owed: v.exactOptional(v.literal(true, "true")),
  /** Currency of the money that goes back. Absent: the order's, while money in it is left. */
  currency: v.exactOptional(currency),
});

/**
 * Refunds all or part of the money of an order and announces it as refund.issued.
 * @throws Problem 409 when the order allows no refund, 422 for an amount or items that exceed what is left
 */
export async function refund(command: Command, work: Work): Promise<Decision> {
  const { refund_id = command.newId("ref"), ...asked } = validBody(refundBody, command.body);
  const order = await orderIn(command.params, work);
  const decision = decideRefund(order, { refund_id, ...asked } satisfies AskedRefund);
  if (decision.kind === "refused") throw orderStateConflict(decision.reason);
  if (decision.kind === "faults") throw invalidBody(decision.faults);
  if (decision.kind === "known") return { status: 200, body: orderView(order), aggregate: order.order_id };
  const { amount_minor, currency: paidIn = order.currency, items } = decision.refund;
  const time = decisionOf(order, command);
  work.emit({
    event_type: "refund.issued",
    ...eventTime(time),
    order_id: order.order_id,
    user_id: order.user_id,
    payload: {
      refund_id,
      amount: fromMinor(amount_minor, paidIn),
      currency: paidIn,
      items: items.length > 0 ? items.map(item => ({ ...item })) : undefined,
    },
  });
  const after = reportRefund(order, { ...decision.refund, ...time });
  const fault = limitFault(after);
  if (fault !== undefined) throw orderStateConflict(`The ${fault}.`);
  return { status: 201, body: orderView(writeOrder(order, after, work)), aggregate: order.order_id };
}
