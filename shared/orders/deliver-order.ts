import * as v from "valibot";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { decideDelivery } from "../rules/order/parcel.ts";
import { shipmentStateConflict } from "./dispatch-order.ts";
import { orderIn } from "./find-order.ts";
import { orderView } from "./order-view.ts";
import { writeOrder } from "./write-order.ts";

/**
 * Records that the parcel of an order has reached the customer, and announces it as order.delivered. The same delivery
 * again changes nothing.
 * @throws Problem 409 when the parcel has not left
 */
export async function deliver({ params, body, nowMs }: Command, work: Work): Promise<Decision> {
  validBody(v.strictObject({}), body);
  const order = await orderIn(params, work);
  const decision = decideDelivery(order);
  if (decision.kind === "refused") throw shipmentStateConflict(decision.reason);
  const { order_id, user_id } = order;
  if (decision.kind === "known") return { status: 200, body: orderView(order), aggregate: order_id };
  work.emit({ event_type: "order.delivered", order_id, user_id, payload: {} });
  const after = writeOrder(order, { ...order, delivered_at_ms: nowMs }, work);
  return { status: 200, body: orderView(after), aggregate: order_id };
}
