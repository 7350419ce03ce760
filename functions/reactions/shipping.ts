import { shipments } from "../../shared/collections.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import { followShipment } from "../../shared/rules/order/shipping.ts";

/** Requests the shipment of a paid order, and stops the shipment when the order is cancelled or refunded first. */
export const shipping = reaction("shipping", {
  "order.balance_changed": async ({ order_id, payload, received_at }, work): Promise<Skip | void> => {
    const { revision, shipment, held } = payload;
    const known = await work.get(shipments, order_id);
    const received_at_ms = Date.parse(received_at);
    const after = followShipment(known, { order_id, revision, shipment, held, received_at_ms });
    if (!after) return skip("the shipment follows this revision or a later one");
    work.set(shipments, order_id, after);
  },
});
