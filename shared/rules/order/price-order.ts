import type { ValidationFault } from "../../events/fault.ts";
import { MAX_ITEMS, MAX_QUANTITY } from "../../events/limits.ts";
import { fromMinor, MAX_MINOR, sumMinor, timesMinor, toMinor } from "../../values/money.ts";

/** The parts of a place-order command that concern prices. */
export interface PlaceOrder {
  items: readonly { product_id: string; quantity: number; unit_price?: number }[];
  /** Decimal amount. Must equal the sum of the prices when given. */
  total?: number;
  /** ISO 4217 code. Must be the products' currency when given. */
  currency?: string;
}

export interface PricedProduct {
  price_minor: number;
  currency: string;
  name?: string;
}

export interface OrderLine {
  product_id: string;
  quantity: number;
  /** Price of one unit. Absent only in orders of other systems. */
  unit_price_minor?: number;
  name?: string;
}

export type PricedLine = OrderLine & { unit_price_minor: number };

export interface PricedOrder {
  items: PricedLine[];
  total_minor: number;
  currency: string;
}

export type PlaceDecision = { ok: true; order: PricedOrder } | { ok: false; faults: ValidationFault[] };

/**
 * Prices an order by its products. Items of one product are merged. Stock plays no part: an order is accepted
 * without reading stock.
 * @returns the priced order, or every fault of the command
 */
export function placeOrder(command: PlaceOrder, products: ReadonlyMap<string, PricedProduct>): PlaceDecision {
  const sizeFault = itemCountFault(command.items.length);
  if (sizeFault) return { ok: false, faults: [sizeFault] };
  const currency = currencyOf(command, products);
  const faults = command.items.flatMap((item, index) =>
    orderItemFaults(item, { pointer: `/items/${index}`, product: products.get(item.product_id), currency }),
  );
  if (command.currency !== undefined && command.currency !== currency) {
    faults.push({ pointer: "/currency", expected: currency, received: command.currency });
  }
  if (faults.length > 0) return { ok: false, faults };
  const items = mergeLines(command.items, products);
  const totalMinor = sumMinor(items.map(line => timesMinor(line.unit_price_minor, line.quantity)));
  if (totalMinor === undefined || items.some(line => line.quantity > MAX_QUANTITY)) {
    const expected = `at most ${MAX_QUANTITY} units of each product and a total of at most ${MAX_MINOR} minor units`;
    return { ok: false, faults: [{ pointer: "/items", expected, received: "a larger order" }] };
  }
  if (command.total !== undefined && toMinor(command.total, currency) !== totalMinor) {
    const expected = `${fromMinor(totalMinor, currency)} ${currency}`;
    return { ok: false, faults: [{ pointer: "/total", expected, received: String(command.total) }] };
  }
  return { ok: true, order: { items, total_minor: totalMinor, currency } };
}

function itemCountFault(count: number): ValidationFault | undefined {
  if (count > 0 && count <= MAX_ITEMS) return undefined;
  return { pointer: "/items", expected: `1 to ${MAX_ITEMS} items`, received: `${count} items` };
}

/** Returns the currency of the order: that of the first known product, else the one that the command names. */
function currencyOf(command: PlaceOrder, products: ReadonlyMap<string, PricedProduct>): string {
  const first = command.items.find(item => products.has(item.product_id));
  return (first && products.get(first.product_id)?.currency) ?? command.currency ?? "";
}

function orderItemFaults(
  item: PlaceOrder["items"][number],
  { pointer, product, currency }: { pointer: string; product: PricedProduct | undefined; currency: string },
): ValidationFault[] {
  const faults: ValidationFault[] = [];
  const fault = (field: string, expected: string, received: string) =>
    faults.push({ pointer: `${pointer}/${field}`, expected, received });
  if (!Number.isInteger(item.quantity) || item.quantity < 1 || item.quantity > MAX_QUANTITY) {
    fault("quantity", `a whole number from 1 to ${MAX_QUANTITY}`, String(item.quantity));
  }
  if (!product) {
    fault("product_id", "an existing product", item.product_id);
  } else if (product.currency !== currency) {
    fault(
      "product_id",
      `a product priced in ${currency}, like the first product`,
      `a product priced in ${product.currency}`,
    );
  } else if (item.unit_price !== undefined && toMinor(item.unit_price, currency) !== product.price_minor) {
    fault("unit_price", `${fromMinor(product.price_minor, currency)} ${currency}`, String(item.unit_price));
  }
  return faults;
}

function mergeLines(items: PlaceOrder["items"], products: ReadonlyMap<string, PricedProduct>): PricedLine[] {
  const lines = new Map<string, PricedLine>();
  for (const { product_id, quantity } of items) {
    const product = products.get(product_id);
    if (!product) continue;
    const line = lines.get(product_id);
    lines.set(product_id, {
      product_id,
      quantity: quantity + (line?.quantity ?? 0),
      unit_price_minor: product.price_minor,
      name: product.name,
    });
  }
  return [...lines.values()];
}
