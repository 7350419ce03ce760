/** The outlook of stock: products that are owed to customers, and products that sell out soon. */

/** A product that customers have bought and the shop does not have. */
export interface Backorder {
  product_id: string;
  /** Units that are missing. */
  units: number;
}

/** A product whose stock ends soon at the speed of its recent sales. */
export interface ShortProduct {
  product_id: string;
  stock: number;
  /** Mean of the units ordered a day. */
  units_a_day: number;
  /** Stock divided by the units a day, rounded to tenths. */
  days_of_cover: number;
}

/** Cover below which a product is listed: two weeks, a usual time of delivery to a shop. */
export const SHORT_COVER_DAYS = 14;

/**
 * Lists the products that sell out soon, the shortest cover first. Products without stock are backorders or sold out,
 * and are left out.
 * @param ordered units ordered by product in all `days` together
 */
export function shortProducts(
  stock: ReadonlyMap<string, number>,
  ordered: ReadonlyMap<string, number>,
  days: number,
): ShortProduct[] {
  const products = [...ordered].flatMap(([product_id, units]) => {
    const inStock = stock.get(product_id) ?? 0;
    if (inStock <= 0 || units <= 0) return [];
    const [units_a_day, days_of_cover] = [tenths(units / days), tenths((inStock * days) / units)];
    return days_of_cover < SHORT_COVER_DAYS
      ? [{ product_id, stock: inStock, units_a_day, days_of_cover }]
      : [];
  });
  return products.sort((a, b) => a.days_of_cover - b.days_of_cover || (a.product_id < b.product_id ? -1 : 1));
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
