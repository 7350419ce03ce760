import { orders } from "../collections.ts";
import { config } from "../config.ts";
import { PermanentError } from "../errors.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import { happenedAt } from "../events/happened-at.ts";
import { isFromOwner } from "../events/ownership.ts";
import type { Skip } from "../pipeline/skip.ts";
import { skip } from "../pipeline/skip.ts";
import type { Work } from "../pipeline/work.ts";
import type { FactTime } from "../rules/order/facts.ts";
import { limitFault } from "../rules/order/limits.ts";
import type { Order } from "../rules/order/order.ts";
import { newOrder } from "../rules/order/order.ts";
import { writeOrder } from "./write-order.ts";

export type OrderEvent = PulseCartEvent<
  "order.placed" | "order.paid" | "order.cancelled" | "refund.issued" | "payment.failed"
>;

export const FROM_OWNER = skip("the owner of orders announced this event and already wrote the order");

/**
 * Returns the time of an event as a fact of its order. The owner's time comes after all facts that its decision knew,
 * and may be some milliseconds ahead of the clock.
 */
export function factTime(event: OrderEvent): FactTime {
  const { event_id, timestamp } = event;
  return { at_ms: isFromOwner(event) ? Date.parse(timestamp) : happenedAt(event), event_id };
}

/** Returns the order of an event; an order without a document is unconfirmed. */
export async function reportedOrder(event: OrderEvent, work: Work): Promise<Order> {
  const { order_id, user_id } = event;
  const order = await work.get(orders, order_id);
  if (!order)
    return newOrder(order_id, { currency: config().defaultCurrency, atMs: happenedAt(event), user_id });
  const isNamed = order.source !== "unconfirmed" || order.user_id !== undefined || user_id === undefined;
  return isNamed ? order : { ...order, user_id };
}

/**
 * Writes what a report changes.
 * @throws PermanentError when the order would exceed a limit: the event is parked and named
 */
export function writeReport({ before, after }: { before: Order; after: Order }, work: Work): Skip | void {
  if (after === before) return skip("an earlier report already changed the order in the same way");
  const fault = limitFault(after);
  if (fault !== undefined) throw new PermanentError(`${fault}; check the producer of the event`);
  writeOrder(before, after, work);
}
