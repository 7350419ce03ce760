import { userErased } from "../accounts/account.ts";
import { isErased } from "../accounts/erased.ts";
import { orderErasures } from "../collections.ts";
import { Problem } from "../http/problem.ts";
import type { Work } from "../pipeline/work.ts";
import type { Order } from "../rules/order/order.ts";

/**
 * Refuses personal data about the order of an erased user or guest.
 * @param instead the command that is allowed, as a sentence
 * @throws Problem 410
 */
export async function checkNotErased(
  { order_id, user_id }: Order,
  instead: string,
  work: Work,
): Promise<void> {
  if (user_id !== undefined && (await isErased(user_id, work))) throw userErased();
  if (!(await work.get(orderErasures, order_id))) return;
  const detail = `The guest of this order was erased permanently. ${instead}`;
  throw new Problem({ status: 410, slug: "order-erased", detail });
}
