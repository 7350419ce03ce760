import * as v from "valibot";
import { shipments } from "../collections.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { Problem } from "../http/problem.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/unit-of-work.ts";
import { dispatchShipment } from "../rules/shipping.ts";

/** The parcel of an order has left: from now on nothing stops it. */
export async function dispatch({ params, body, nowMs }: Command, work: Work): Promise<Decision> {
  validBody(v.strictObject({}), body);
  const orderId = idIn(params, "order");
  const shipment = await work.get(shipments, orderId);
  if (!shipment) throw noSuch("shipment");
  const decision = dispatchShipment(shipment, nowMs);
  if (!decision.ok) throw new Problem({ status: 409, slug: "shipment-state", detail: decision.reason });
  work.set(shipments, orderId, decision.shipment);
  return { status: 200, body: { order_id: orderId, shipment: decision.shipment.state }, aggregate: orderId };
}
