import { shipmentOf } from "../rules/order/balance.ts";
import type { Order } from "../rules/order/order.ts";

/** Returns the shipment of an order as the API answers it. */
export function parcelView(order: Order) {
  const { dispatched, delivered_at_ms } = order;
  return {
    shipment: shipmentOf(order),
    carrier: dispatched?.carrier,
    tracking_number: dispatched?.tracking_number,
    tracking_url: dispatched?.tracking_url,
    dispatched_at: timeText(dispatched?.at_ms),
    delivered_at: timeText(delivered_at_ms),
  };
}

function timeText(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
