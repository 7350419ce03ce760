/**
 * The shipment of an order as the warehouse sees it. The shipment follows the highest revision of its order, so order of
 * arrival and repeated facts play no part. A deleted document is made again by the next fact.
 */
import type { ShipmentState } from "./balance.ts";
import type { OrderItem } from "./facts.ts";
import type { StateTime } from "./state-time.ts";
import { stateTimeAfter } from "./state-time.ts";

/** The document `shipments/{order_id}`. Tracking numbers are personal data, and the order alone holds them. */
export interface Shipment {
  order_id: string;
  state: ShipmentState;
  /** Revision of the order that this document follows. */
  revision: number;
  /** Units that the order claims: to send, or sent. Empty for a stopped shipment. */
  items: OrderItem[];
  /**
   * Receipt of the revision that began this state. A deleted document begins with the next fact.
   * Absent: an older version wrote the document.
   */
  since_ms?: number;
  /** The known revisions with this state. */
  state_time?: StateTime;
}

/** The fields of order.balance_changed that a shipment needs. */
export interface ShipmentFact {
  order_id: string;
  revision: number;
  shipment: ShipmentState;
  held: readonly OrderItem[];
  /** Time when ingest received the fact. */
  received_at_ms: number;
}

/**
 * Applies order.balance_changed to a shipment. An older revision changes the time of the state only.
 * @returns undefined when the fact changes nothing
 */
export function followShipment(known: Shipment | undefined, fact: ShipmentFact): Shipment | undefined {
  const { order_id, revision, shipment: state, held, received_at_ms: at_ms } = fact;
  const items = held.map(({ product_id, quantity }) => ({ product_id, quantity }));
  const latest = known && known.revision >= revision ? known : { order_id, state, revision, items };
  const before = { state: known?.state ?? state, revision: known?.revision ?? 0 };
  const time = known?.state_time ?? { other_revision: 0, runs: [] };
  const state_time = stateTimeAfter({ ...before, time }, { revision, state, at_ms });
  if (latest === known && state_time === time) return undefined;
  const first = state_time.runs[0];
  return { ...latest, ...(first && { since_ms: first.at_ms }), state_time };
}
