import { shipments } from "../../shared/collections.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import type { ShippingFact } from "../../shared/rules/order/shipping.ts";
import { applyToShipment, noShipment } from "../../shared/rules/order/shipping.ts";

/** Requests the shipment of what is paid, and stops it where the order ends before it has left. */
export const shipping = reaction("shipping", {
  "order.paid": async ({ order_id, payload }, work) => {
    const money = eventMoney(payload.amount, payload.currency);
    return hear(order_id, { kind: "paid", ...money }, work);
  },
  "refund.issued": async ({ order_id, event_id, payload }, work) => {
    const { refund_id = event_id, amount, currency } = payload;
    return hear(order_id, { kind: "refunded", refund_id, ...eventMoney(amount, currency) }, work);
  },
  "order.cancelled": async ({ order_id }, work) => hear(order_id, { kind: "cancelled" }, work),
});

async function hear(orderId: string, fact: ShippingFact, work: Work): Promise<Skip | undefined> {
  const before = (await work.get(shipments, orderId)) ?? noShipment(orderId);
  const after = applyToShipment(before, fact);
  if (after === before) return skip("known from an earlier report");
  work.set(shipments, orderId, after);
  return undefined;
}
