import * as v from "valibot";
import { shipments } from "../collections.ts";
import { id, listOf, money, quantity } from "../events/define.ts";
import { invalidBody, validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { reportRefund } from "../rules/order/order.ts";
import type { AskedRefund } from "../rules/order/refund.ts";
import { decideRefund } from "../rules/order/refund.ts";
import { hasLeft } from "../rules/order/shipping.ts";
import { fromMinor } from "../values/money.ts";
import { orderIn, orderStateConflict } from "./find-order.ts";
import { orderView } from "./order-view.ts";
import { writeOrder } from "./write-order.ts";

const refundBody = v.strictObject({
  refund_id: v.exactOptional(id),
  amount: v.exactOptional(money),
  items: v.exactOptional(listOf(v.strictObject({ product_id: id, quantity }))),
});

/**
 * Refunds all or part of the paid amount and announces it as refund.issued.
 * @throws Problem 409 when the order allows no refund, 422 for an amount or items that exceed what is left
 */
export async function refund({ params, body, newId }: Command, work: Work): Promise<Decision> {
  const { refund_id = newId("ref"), ...asked } = validBody(refundBody, body);
  const order = await orderIn(params, work);
  const isGone = hasLeft(await work.get(shipments, order.order_id));
  const decision = decideRefund(order, { refund_id, ...asked } satisfies AskedRefund, isGone);
  if (decision.kind === "refused") throw orderStateConflict(decision.reason);
  if (decision.kind === "faults") throw invalidBody(decision.faults);
  if (decision.kind === "known") return { status: 200, body: orderView(order), aggregate: order.order_id };
  const { amount_minor, currency = order.currency, items } = decision.refund;
  work.emit({
    event_type: "refund.issued",
    order_id: order.order_id,
    user_id: order.user_id,
    payload: {
      refund_id,
      amount: fromMinor(amount_minor, currency),
      currency,
      items: items.length > 0 ? items.map(item => ({ ...item })) : undefined,
    },
  });
  const after = writeOrder(order, reportRefund(order, decision.refund), work);
  return { status: 201, body: orderView(after), aggregate: order.order_id };
}
