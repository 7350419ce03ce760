import { orders } from "../collections.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { Problem } from "../http/problem.ts";
import type { Command } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import type { Order } from "../rules/order/order.ts";

/**
 * Returns the order that the path names.
 * @throws Problem 404 when the order does not exist
 */
export async function orderIn(params: Command["params"], work: Work): Promise<Order> {
  const order = await work.get(orders, idIn(params, "order"));
  if (!order) throw noSuch("order");
  return order;
}

/** Builds the 409 for a move that the state of the order does not allow. */
export function orderStateConflict(reason: string): Problem {
  return new Problem({ status: 409, slug: "order-state", detail: reason });
}
