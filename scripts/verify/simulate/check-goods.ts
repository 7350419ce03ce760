import type { Difference } from "./difference.ts";
import type { Accepted, AcceptedOrder } from "./facts.ts";
import { refundedMinor } from "./facts.ts";
import type { Found, Item } from "./found.ts";
import type { Goods } from "./step.ts";

/** Stock is what it was at first, and what was moved, ordered and cancelled since. */
export function stockDifferences(goods: readonly Goods[], accepted: Accepted, found: Found): Difference[] {
  return goods.flatMap(({ product_id: id, stock, threshold }) => {
    const orders = [...accepted.orders.values()];
    const ordered = total(
      orders.flatMap(order => order.items),
      id,
    );
    const returned = total(orders.flatMap(returnedOf), id);
    const moved = accepted.moved.get(id) ?? 0;
    const expected = stock + moved - ordered + returned;
    const quantity = found.stock.get(id)?.quantity;
    const sums = `${expected} (${stock} at first, ${moved} moved, ${ordered} ordered, ${returned} back)`;
    const count = quantity === expected ? [] : [{ about: id, expected: sums, found: String(quantity) }];
    return [...count, ...alertDifferences({ id, stock, threshold, last: expected }, found)];
  });
}

function total(items: readonly Item[], product: string): number {
  const ofProduct = items.filter(({ product_id }) => product_id === product);
  return ofProduct.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** A cancelled order brings back everything, a refund what it names. */
function returnedOf({ isCancelled, items, refunds }: AcceptedOrder): readonly Item[] {
  return isCancelled ? items : [...refunds.values()].flatMap(refund => refund.items);
}

interface Level {
  id: string;
  stock: number;
  threshold: number | null;
  last: number;
}

/** One alert per crossing that was seen; who ends below the threshold and began above it was seen crossing it. */
function alertDifferences({ id, stock, threshold, last }: Level, found: Found): Difference[] {
  const level = found.levels.get(id);
  const alerts = found.archive.filter(
    ({ event_type, event }) => event_type === "inventory.low_stock_alert" && event.payload.product_id === id,
  ).length;
  const isLow = threshold !== null && last <= threshold;
  const differences: Difference[] = [];
  const differ = (expected: string, seen: string) => differences.push({ about: id, expected, found: seen });
  if (level?.low !== isLow) differ(isLow ? "to be low" : "not to be low", `${level?.low} in its level`);
  if (alerts !== level?.crossings) differ(`${level?.crossings} low-stock alerts`, `${alerts}`);
  if (isLow && stock > threshold && alerts === 0) differ("a low-stock alert", "none");
  return differences;
}

/** Each order once in what it took from stock, and in the state that what was said of it leads to. */
export function orderDifferences(goods: readonly Goods[], accepted: Accepted, found: Found): Difference[] {
  const stocked = new Set(goods.map(({ product_id }) => product_id));
  const isPaidHeard = found.listeners.some(
    ({ name, types }) => name === "orders" && types.includes("order.paid"),
  );
  return [...accepted.orders.values()].flatMap(order => [
    ...moveDifferences(order, stocked, found),
    ...stateDifferences(order, isPaidHeard, found),
  ]);
}

function moveDifferences(order: AcceptedOrder, stocked: ReadonlySet<string>, found: Found): Difference[] {
  const { id } = order;
  const move = found.moves.get(id);
  const took = net(move?.deducted ?? [], move?.returned ?? []);
  const items = order.items.filter(({ product_id }) => stocked.has(product_id));
  const isStocked = ({ product_id }: Item): boolean => stocked.has(product_id);
  const expected = net(items, returnedOf(order).filter(isStocked));
  if (took === expected && (move || items.length === 0)) return [];
  return [
    {
      about: id,
      expected: `to have taken ${expected || "nothing"} from stock`,
      found: move ? took || "nothing" : "no stock move",
    },
  ];
}

function net(out: readonly Item[], back: readonly Item[]): string {
  const sums = new Map<string, number>();
  for (const { product_id, quantity } of out) sums.set(product_id, (sums.get(product_id) ?? 0) + quantity);
  for (const { product_id, quantity } of back) sums.set(product_id, (sums.get(product_id) ?? 0) - quantity);
  const left = [...sums].filter(([, quantity]) => quantity !== 0).sort();
  return left.map(([product, quantity]) => `${quantity} ${product}`).join(", ");
}

function stateDifferences(order: AcceptedOrder, isPaidHeard: boolean, found: Found): Difference[] {
  const document = found.orders.get(order.id);
  const expected = stateOf(order, isPaidHeard);
  if (document?.state === expected) return [];
  return [{ about: order.id, expected, found: document?.state ?? "no such order" }];
}

function stateOf(order: AcceptedOrder, isPaidHeard: boolean): string {
  const { isCancelled, hasFailed, isPaid, paidMinor, refunds } = order;
  if (isCancelled || (hasFailed && !isPaid)) return "cancelled";
  if (!isPaid || !isPaidHeard) return "placed";
  return refunds.size > 0 && refundedMinor(order) >= paidMinor ? "refunded" : "paid";
}
