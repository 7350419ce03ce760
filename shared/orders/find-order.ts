import { orders } from "../collections.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { Problem } from "../http/problem.ts";
import type { Command } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import type { Order } from "../rules/order/order.ts";

/** The order of the path, as it is. */
export async function orderIn(params: Command["params"], work: Work): Promise<Order> {
  const order = await work.get(orders, idIn(params, "order"));
  if (!order) throw noSuch("order");
  return order;
}

/** The 409 for a move that is not in the table. */
export function orderState(reason: string): Problem {
  return new Problem({ status: 409, slug: "order-state", detail: reason });
}
