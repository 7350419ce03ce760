import * as v from "valibot";
import { oneLine, text } from "../events/define.ts";
import { Problem } from "../http/problem.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { heldItems } from "../rules/order/balance.ts";
import type { Tracking } from "../rules/order/parcel.ts";
import { decideDispatch } from "../rules/order/parcel.ts";
import { WEB_ADDRESS_WORDS, webAddress } from "../values/web-address.ts";
import { checkNotErased } from "./erased-buyer.ts";
import { orderIn } from "./find-order.ts";
import { orderView } from "./order-view.ts";
import { trackingOf } from "./tracking.ts";
import { writeOrder } from "./write-order.ts";

const dispatchBody = v.strictObject({
  carrier: v.exactOptional(oneLine(100)),
  tracking_number: v.exactOptional(oneLine(100)),
  tracking_url: v.exactOptional(
    v.pipe(
      text(2000),
      v.check(url => webAddress(url) !== undefined, WEB_ADDRESS_WORDS),
    ),
  ),
});

/**
 * Marks the parcel of an order as dispatched and announces it as order.dispatched. Only one of a dispatch and a concurrent
 * cancellation commits, because both read and write the order. The same dispatch again changes nothing.
 * @throws Problem 409 when the order is not paid, is stopped, or was dispatched with another tracking
 * @throws Problem 410 for a tracking of an erased user or guest
 */
export async function dispatch({ params, body, nowMs }: Command, work: Work): Promise<Decision> {
  const tracking = trackingOf(validBody(dispatchBody, body));
  const order = await orderIn(params, work);
  // The parcel of an erased person may leave, but no tracking is stored.
  if (isPersonal(tracking)) await checkNotErased(order, "Dispatch the order without a tracking.", work);
  const decision = decideDispatch(order, tracking);
  if (decision.kind === "refused") throw shipmentStateConflict(decision.reason);
  const aggregate = order.order_id;
  if (decision.kind === "known") return { status: 200, body: orderView(order), aggregate };
  const items = heldItems(order).map(item => ({ ...item }));
  work.emit({
    event_type: "order.dispatched",
    order_id: order.order_id,
    user_id: order.user_id,
    payload: { ...tracking, items: items.length > 0 ? items : undefined },
  });
  const after = writeOrder(order, { ...order, dispatched: { at_ms: nowMs, ...tracking } }, work);
  return { status: 200, body: orderView(after), aggregate };
}

/** Builds the 409 for a parcel whose state does not allow the command. */
export function shipmentStateConflict(detail: string): Problem {
  return new Problem({ status: 409, slug: "shipment-state", detail });
}

/** Tells whether a tracking leads to the person. The carrier alone does not. */
function isPersonal({ tracking_number, tracking_url }: Tracking): boolean {
  return tracking_number !== undefined || tracking_url !== undefined;
}
