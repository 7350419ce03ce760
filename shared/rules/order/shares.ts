/**
 * The share of each unit in the total of its order. Shares are fixed at placement, because the lines and the total of a
 * placed order never change. All shares together are the lines' part of the total, to the minor unit.
 */
import { MAX_MINOR, sumMinor, timesMinor } from "../../values/money.ts";
import { quantityByProduct } from "../quantities.ts";
import type { OrderFacts, OrderItem } from "./facts.ts";
import type { OrderLine } from "./price-order.ts";

/** The shares of the units of one line. */
export interface LineShare extends OrderItem {
  /** Share of all units of the line, in minor units. Absent: the line has no price. */
  share_minor?: number;
}

type Priced = Pick<OrderFacts, "items" | "total_minor" | "discount_minor" | "shipping_minor" | "tax_minor">;

/** The parts of an order's total, in minor units. */
export interface TotalParts {
  /** The part that the units share. */
  lines_minor: number;
  /** Part of the total that neither lines nor named amounts explain. Negative: a discount. */
  unexplained_minor: number;
}

/**
 * Splits the total into its parts. The discount is subtracted and shipping is added. Tax is added when the sum then
 * fits the total; otherwise the prices contain the tax.
 * @returns undefined when the lines exceed the largest amount
 */
export function totalParts(order: Priced): TotalParts | undefined {
  const { total_minor, discount_minor = 0, shipping_minor = 0, tax_minor = 0 } = order;
  const sum = linesSum(order.items);
  if (sum === undefined) return undefined;
  const discounted = Math.max(0, sum - discount_minor);
  if (total_minor === undefined) return { lines_minor: discounted, unexplained_minor: 0 };
  const beforeTax = sum - discount_minor + shipping_minor;
  const isTaxAdded = beforeTax + tax_minor === total_minor;
  const unexplained_minor = isTaxAdded ? 0 : total_minor - beforeTax;
  const lines_minor = Math.max(0, sum - discount_minor + Math.min(0, unexplained_minor));
  return { lines_minor, unexplained_minor: Math.max(-MAX_MINOR, unexplained_minor) };
}

/**
 * Lists the shares of all lines, the dearest line first: units of a product go back in this sequence. A line without a
 * price comes last. The share of a unit is its price times (lines' part / sum of lines). The largest remainders are
 * rounded up, the first line first.
 */
export function lineShares(order: Priced): LineShare[] {
  const parts = totalParts(order);
  const sum = linesSum(order.items);
  const lines = order.items.toSorted((a, b) => (b.unit_price_minor ?? -1) - (a.unit_price_minor ?? -1));
  if (!parts || sum === undefined) return lines.map(({ product_id, quantity }) => ({ product_id, quantity }));
  const priced = lines.map(line => pricedLine(line, parts.lines_minor, sum));
  let left = priced.reduce((rest, { base, line }) => rest - base * line.quantity, parts.lines_minor);
  const roundedUp = new Map<OrderLine, number>();
  for (const { line, rest } of priced.toSorted((a, b) => Number(b.rest - a.rest))) {
    const up = rest === 0n ? 0 : Math.min(line.quantity, left);
    roundedUp.set(line, up);
    left -= up;
  }
  return priced.map(({ line, base }) => {
    const { product_id, quantity, unit_price_minor } = line;
    if (unit_price_minor === undefined) return { product_id, quantity };
    return { product_id, quantity, share_minor: base * quantity + (roundedUp.get(line) ?? 0) };
  });
}

/**
 * Adds up the shares of the next units that go back.
 * @param returned quantity of each product that came back before; items beyond the ordered quantity have no share
 * @returns the shares of units with a price, and whether a unit has none
 */
export function shareOf(
  shares: readonly LineShare[],
  items: readonly OrderItem[],
  returned: ReadonlyMap<string, number>,
): { share_minor: number; isUnpriced: boolean } {
  const skipped = new Map(returned);
  const wanted = quantityByProduct(items);
  const found = { share_minor: 0, isUnpriced: false };
  for (const line of shares) {
    const { product_id, quantity, share_minor } = line;
    const before = Math.min(quantity, skipped.get(product_id) ?? 0);
    skipped.set(product_id, (skipped.get(product_id) ?? 0) - before);
    const now = Math.min(quantity - before, wanted.get(product_id) ?? 0);
    if (now === 0) continue;
    wanted.set(product_id, (wanted.get(product_id) ?? 0) - now);
    if (share_minor === undefined) found.isUnpriced = true;
    else found.share_minor += firstUnits(line, before + now) - firstUnits(line, before);
  }
  return found;
}

/** Returns the share of the first units of a line. Units that are rounded up are spread evenly among the others. */
function firstUnits({ share_minor = 0, quantity }: LineShare, units: number): number {
  const roundedUp = share_minor % quantity;
  return ((share_minor - roundedUp) / quantity) * units + Math.ceil((roundedUp * units) / quantity);
}

/** Adds up the priced lines. @returns undefined above the largest amount */
function linesSum(items: readonly OrderLine[]): number | undefined {
  return sumMinor(items.map(({ unit_price_minor = 0, quantity }) => timesMinor(unit_price_minor, quantity)));
}

/** Returns the rounded-down share of one unit of a line, and the remainder that decides about rounding up. */
function pricedLine(line: OrderLine, linesMinor: number, sum: number) {
  if (sum === 0) return { line, base: 0, rest: 0n };
  // The product of two amounts exceeds the exact whole numbers of a double.
  const product = BigInt(line.unit_price_minor ?? 0) * BigInt(linesMinor);
  return { line, base: Number(product / BigInt(sum)), rest: product % BigInt(sum) };
}
