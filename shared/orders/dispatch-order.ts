import * as v from "valibot";
import { shipments, stockMoves } from "../collections.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { Problem } from "../http/problem.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { moveOrder } from "../rules/order/order-state.ts";
import { dispatchShipment } from "../rules/order/shipping.ts";
import { orderIn, orderState } from "./find-order.ts";

/**
 * The parcel of an order has left: from now on nothing stops it. The order and what it took from stock are read in the
 * same transaction, so that of a parcel leaving and an order ending at the same moment only one happens.
 */
export async function dispatch({ params, body, nowMs }: Command, work: Work): Promise<Decision> {
  validBody(v.strictObject({}), body);
  const orderId = idIn(params, "order");
  const shipment = await work.get(shipments, orderId);
  if (!shipment) throw noSuch("shipment");
  const decision = dispatchShipment(shipment, nowMs);
  if (!decision.ok) throw new Problem({ status: 409, slug: "shipment-state", detail: decision.reason });
  const move = moveOrder((await orderIn(params, work)).state, "dispatch");
  if (!move.allowed) throw orderState(move.reason);
  // Stock may have heard of a reported cancellation before the order has.
  if ((await work.get(stockMoves, orderId))?.cancelled)
    throw orderState("The order was cancelled, and its goods are back in stock.");
  work.set(shipments, orderId, decision.shipment);
  return { status: 200, body: { order_id: orderId, shipment: decision.shipment.state }, aggregate: orderId };
}
