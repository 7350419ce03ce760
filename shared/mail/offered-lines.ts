import { products, stock } from "../collections.ts";
import { MAX_ITEMS } from "../events/limits.ts";
import type { CartLine } from "../rules/cart/cart-facts.ts";
import type { ReadDocument } from "./recipient.ts";

/**
 * Returns the lines of a cart as the shop offers them now. Our products have their present name, price and currency;
 * sold-out products are left out. A product that the shop does not stock stays as its cart names it. No transaction
 * reads these documents: a lock on the stock of a popular product would delay orders.
 */
export async function offeredLines(
  lines: readonly CartLine[],
  read: ReadDocument,
): Promise<Omit<CartLine, "added_at_ms">[]> {
  const offered = await Promise.all(lines.slice(0, MAX_ITEMS).map(line => offeredLine(line, read)));
  return offered.flatMap(line => line ?? []);
}

async function offeredLine({ added_at_ms: _, ...line }: CartLine, read: ReadDocument) {
  const [product, left] = await Promise.all([read(products, line.product_id), read(stock, line.product_id)]);
  if (!product) return line;
  if ((left?.quantity ?? 0) <= 0) return undefined;
  const { name, price_minor, currency } = product;
  return { ...line, product_name: name, unit_price_minor: price_minor, currency };
}
