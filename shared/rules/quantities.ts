/** Adds up quantities by product. */
export function quantityByProduct(
  items: readonly { product_id: string; quantity: number }[],
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { product_id, quantity } of items) sums.set(product_id, (sums.get(product_id) ?? 0) + quantity);
  return sums;
}
