import * as v from "valibot";
import { erased } from "../accounts/account.ts";
import { isErased } from "../accounts/erased.ts";
import { orders, shipments } from "../collections.ts";
import { text } from "../events/define.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import type { Order } from "../rules/order/order.ts";
import { reportCancelled } from "../rules/order/order.ts";
import { moveOrder } from "../rules/order/order-state.ts";
import { hasLeft } from "../rules/order/shipping.ts";
import { orderIn, orderState } from "./find-order.ts";
import { orderView } from "./order-view.ts";

const cancelBody = v.strictObject({ reason: v.optional(text(1000)) });

export async function cancel({ params, body }: Command, work: Work): Promise<Decision> {
  const { reason } = validBody(cancelBody, body);
  const order = await orderIn(params, work);
  // The order of an erased person may still end, but nobody's words about it are kept.
  const { user_id } = order;
  if (reason !== undefined && user_id !== undefined && (await isErased(user_id, work))) throw erased();
  const move = moveOrder(order.state, "cancel");
  if (!move.allowed) throw orderState(move.reason);
  if (hasLeft(await work.get(shipments, order.order_id))) throw orderState("The parcel has left; refund it.");
  const cancelled = cancelOrder(order, reason, work);
  return { status: 200, body: orderView(cancelled), aggregate: order.order_id };
}

/** Cancels an order that can be cancelled, and announces it with what goes back to stock. */
export function cancelOrder(order: Order, reason: string | undefined, work: Work): Order {
  const cancelled = reportCancelled(order, reason);
  work.set(orders, order.order_id, cancelled);
  const items = order.items.map(({ product_id, quantity }) => ({ product_id, quantity }));
  work.emit({
    event_type: "order.cancelled",
    order_id: order.order_id,
    ...(order.user_id === undefined ? {} : { user_id: order.user_id }),
    payload: { ...(reason === undefined ? {} : { reason }), ...(items.length > 0 ? { items } : {}) },
  });
  return cancelled;
}
