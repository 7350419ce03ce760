/**
 * The shipment of an order as the warehouse sees it. The shipment follows the highest revision of its order, so order of
 * arrival and repeated facts play no part. A deleted document is made again by the next fact.
 */
import type { ShipmentState } from "./balance.ts";
import type { OrderItem } from "./facts.ts";

/** The document `shipments/{order_id}`. Tracking numbers are personal data, and the order alone holds them. */
export interface Shipment {
  order_id: string;
  state: ShipmentState;
  /** Revision of the order that this document follows. */
  revision: number;
  /** Units that the order claims: to send, or sent. Empty for a stopped shipment. */
  items: OrderItem[];
}

/** The fields of order.balance_changed that a shipment needs. */
export interface ShipmentFact {
  order_id: string;
  revision: number;
  shipment: ShipmentState;
  held: readonly OrderItem[];
}

/**
 * Applies order.balance_changed to a shipment.
 * @returns undefined when the document follows this revision or a later one already
 */
export function followShipment(known: Shipment | undefined, fact: ShipmentFact): Shipment | undefined {
  const { order_id, revision, shipment, held } = fact;
  if (known && known.revision >= revision) return undefined;
  const items = held.map(({ product_id, quantity }) => ({ product_id, quantity }));
  return { order_id, state: shipment, revision, items };
}
