/** The items of a refund: what may come back, and the faults of a request. */
import type { ValidationFault } from "../../events/fault.ts";
import { quantityByProduct } from "../quantities.ts";
import type { OrderFacts, OrderItem } from "./facts.ts";

/** Lists the quantity of each product that was ordered and is not returned yet. */
export function itemsLeft({ items, refunds }: Pick<OrderFacts, "items" | "refunds">): Map<string, number> {
  const back = quantityByProduct(refunds.flatMap(refund => refund.items));
  const ordered = [...quantityByProduct(items)];
  return new Map(ordered.map(([id, quantity]) => [id, Math.max(quantity - (back.get(id) ?? 0), 0)]));
}

/** Lists the faults of asked items: unknown products, and more units than are left. */
export function refundItemFaults(
  items: readonly OrderItem[],
  left: ReadonlyMap<string, number>,
): ValidationFault[] {
  const asked = quantityByProduct(items);
  return items.flatMap(({ product_id }, index) => {
    const most = left.get(product_id);
    const quantity = asked.get(product_id) ?? 0;
    if (most === undefined) {
      const pointer = `/items/${index}/product_id`;
      return [{ pointer, expected: "a product of this order", received: product_id }];
    }
    const pointer = `/items/${index}/quantity`;
    const expected = `at most ${most}, the ordered quantity that is not returned yet`;
    return quantity <= most ? [] : [{ pointer, expected, received: String(quantity) }];
  });
}

/** Formats items as text, independent of their sequence and of how they are split. */
export function itemText(items: readonly OrderItem[] | undefined): string | undefined {
  if (items === undefined) return undefined;
  const texts = itemList(quantityByProduct(items)).map(
    ({ product_id, quantity }) => `${quantity} ${product_id}`,
  );
  return texts.sort().join(", ");
}

/** Lists the products with a quantity above zero. */
export function itemList(quantities: ReadonlyMap<string, number>): OrderItem[] {
  return [...quantities]
    .map(([product_id, quantity]) => ({ product_id, quantity }))
    .filter(({ quantity }) => quantity > 0);
}
