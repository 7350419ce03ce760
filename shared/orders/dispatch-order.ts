import * as v from "valibot";
import { shipments, stockMoves } from "../collections.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { Problem } from "../http/problem.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { moveOrder } from "../rules/order/order-state.ts";
import { dispatchShipment } from "../rules/order/shipping.ts";
import { orderIn, orderStateConflict } from "./find-order.ts";
import { writeOrder } from "./write-order.ts";

/**
 * Marks the parcel of an order as dispatched; after that the shipment cannot be stopped. The same transaction
 * reads the order and its stock move: only one of a dispatch and a concurrent cancellation commits.
 * @throws Problem 404 when the order has no shipment, 409 when the shipment or the order does not allow it
 */
export async function dispatch({ params, body, nowMs }: Command, work: Work): Promise<Decision> {
  validBody(v.strictObject({}), body);
  const orderId = idIn(params, "order");
  const shipment = await work.get(shipments, orderId);
  if (!shipment) throw noSuch("shipment");
  const decision = dispatchShipment(shipment, nowMs);
  if (!decision.ok) throw new Problem({ status: 409, slug: "shipment-state", detail: decision.reason });
  const order = await orderIn(params, work);
  const move = moveOrder(order.state, "dispatch");
  if (!move.allowed) throw orderStateConflict(move.reason);
  // The reaction inventory may apply a reported cancellation before the reaction orders does.
  if ((await work.get(stockMoves, orderId))?.cancelled)
    throw orderStateConflict("The order was cancelled and its goods are back in stock.");
  work.set(shipments, orderId, decision.shipment);
  writeOrder(order, { ...order, dispatched: { at_ms: nowMs } }, work);
  return { status: 200, body: { order_id: orderId, shipment: decision.shipment.state }, aggregate: orderId };
}
