import * as v from "valibot";
import { text } from "../events/define.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import type { FactTime } from "../rules/order/facts.ts";
import type { Order } from "../rules/order/order.ts";
import { moveOrder } from "../rules/order/order-state.ts";
import { hasLeft } from "../rules/order/parcel.ts";
import { reportCancelled } from "../rules/order/reports.ts";
import { decisionOf, eventTime } from "./decision.ts";
import { checkNotErased } from "./erased-buyer.ts";
import { orderIn, orderStateConflict } from "./find-order.ts";
import { orderView } from "./order-view.ts";
import { writeOrder } from "./write-order.ts";

const cancelBody = v.strictObject({ reason: v.optional(text(1000)) });

/**
 * Cancels an order on request.
 * @throws Problem 409 when the order or its parcel does not allow it
 * @throws Problem 410 for a reason in the name of an erased user or guest
 */
export async function cancel(command: Command, work: Work): Promise<Decision> {
  const { params, body } = command;
  const { reason } = validBody(cancelBody, body);
  const order = await orderIn(params, work);
  // The order of an erased person can still be cancelled, but no new text about it is stored.
  if (reason !== undefined) await checkNotErased(order, "Cancel the order without a reason.", work);
  const move = moveOrder(order.state, "cancel");
  if (!move.allowed) throw orderStateConflict(move.reason);
  if (hasLeft(order)) throw orderStateConflict("The parcel has left. Refund the order instead.");
  const time = decisionOf(order, command);
  announceCancelled(order, { reason, time }, work);
  const why = reason === undefined ? {} : { reason };
  const cancelled = writeOrder(order, reportCancelled(order, { ...time, ...why }), work);
  return { status: 200, body: orderView(cancelled), aggregate: order.order_id };
}

/**
 * Announces that an order was cancelled, with all of its items.
 * @param about.time absent: the cancellation follows from another event, and has an id of its own
 */
export function announceCancelled(
  { order_id, user_id, items: lines }: Order,
  { reason, time }: { reason?: string; time?: FactTime },
  work: Work,
): void {
  const items = lines.map(({ product_id, quantity }) => ({ product_id, quantity }));
  work.emit({
    event_type: "order.cancelled",
    ...(time ? eventTime(time) : {}),
    order_id,
    user_id,
    payload: { reason, items: items.length > 0 ? items : undefined },
  });
}
