import { redactIfErased } from "../accounts/erased.ts";
import { orders } from "../collections.ts";
import { config } from "../config.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import { happenedAt } from "../events/happened-at.ts";
import { isFromOwner } from "../events/ownership.ts";
import type { Skip } from "../pipeline/skip.ts";
import { skip } from "../pipeline/skip.ts";
import type { Work } from "../pipeline/work.ts";
import type { Order } from "../rules/order/order.ts";
import { newOrder } from "../rules/order/order.ts";
import { reportDelivered, reportDispatched } from "../rules/order/parcel.ts";
import { withBuyer } from "./buyer.ts";
import { FROM_OWNER } from "./reported-order.ts";
import { trackingOf } from "./tracking.ts";
import { writeOrder } from "./write-order.ts";

type ParcelEvent = PulseCartEvent<"order.dispatched" | "order.delivered">;

/** Records the dispatch of an outside order. */
export async function recordDispatched(
  event: PulseCartEvent<"order.dispatched">,
  work: Work,
): Promise<Skip | void> {
  const { payload } = await redactIfErased(await withBuyer(event, work), work);
  const dispatched = { at_ms: happenedAt(event), ...trackingOf(payload) };
  return recordParcel(event, work, order => reportDispatched(order, dispatched));
}

/** Records the delivery of an outside order. */
export async function recordDelivered(
  event: PulseCartEvent<"order.delivered">,
  work: Work,
): Promise<Skip | void> {
  return recordParcel(event, work, order => reportDelivered(order, happenedAt(event)));
}

async function recordParcel(
  event: ParcelEvent,
  work: Work,
  report: (order: Order) => Order,
): Promise<Skip | void> {
  if (isFromOwner(event)) return FROM_OWNER;
  const { order_id, user_id } = event;
  const known = await work.get(orders, order_id);
  const first = { currency: config().defaultCurrency, atMs: happenedAt(event), user_id };
  const before = known ?? newOrder(order_id, first);
  const after = report(before);
  if (after === before) return skip("an earlier report already changed the order in the same way");
  writeOrder(before, after, work);
}
