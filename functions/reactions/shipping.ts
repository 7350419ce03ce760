import { shipments } from "../../shared/collections.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import type { ShippingFact } from "../../shared/rules/order/shipping.ts";
import { applyToShipment, noShipment } from "../../shared/rules/order/shipping.ts";

/** Requests the shipment of a paid order, and stops the shipment when the order is cancelled or refunded first. */
export const shipping = reaction("shipping", {
  "order.paid": async ({ order_id, payload }, work) => {
    const money = eventMoney(payload.amount, payload.currency);
    return updateShipment(order_id, { kind: "paid", ...money }, work);
  },
  "refund.issued": async ({ order_id, event_id, payload }, work) => {
    const { refund_id = event_id, amount, currency } = payload;
    const money = eventMoney(amount, currency);
    return updateShipment(order_id, { kind: "refunded", refund_id, ...money }, work);
  },
  "order.cancelled": async ({ order_id }, work) => updateShipment(order_id, { kind: "cancelled" }, work),
});

async function updateShipment(orderId: string, fact: ShippingFact, work: Work): Promise<Skip | void> {
  const before = (await work.get(shipments, orderId)) ?? noShipment(orderId);
  const after = applyToShipment(before, fact);
  if (after === before)
    return skip("the report changes nothing: it is known already, or beyond the kept number of reports");
  work.set(shipments, orderId, after);
}
