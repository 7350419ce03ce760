import type { Accepted } from "./accepted.ts";
import type { AcceptedOrder } from "./accepted-orders.ts";
import { refundedMinor } from "./accepted-orders.ts";
import type { Difference } from "./difference.ts";
import type { Item, ShopState } from "./shop-state.ts";
import type { Goods } from "./step.ts";

/** Checks that stock equals the first stock, plus moves and returns, minus orders. */
export function stockDifferences(goods: readonly Goods[], accepted: Accepted, shop: ShopState): Difference[] {
  return goods.flatMap(({ product_id: id, stock, threshold }) => {
    const orders = [...accepted.orders.values()];
    const ordered = total(
      orders.flatMap(order => order.items),
      id,
    );
    const returned = total(orders.flatMap(returnedOf), id);
    const moved = accepted.moved.get(id) ?? 0;
    const expected = stock + moved - ordered + returned;
    const quantity = shop.stock.get(id)?.quantity;
    const sums = `${expected} (${stock} at first, ${moved} moved, ${ordered} ordered, ${returned} back)`;
    const count = quantity === expected ? [] : [{ about: id, expected: sums, found: String(quantity) }];
    return [...count, ...alertDifferences({ id, stock, threshold, last: expected }, shop)];
  });
}

function total(items: readonly Item[], product: string): number {
  const ofProduct = items.filter(({ product_id }) => product_id === product);
  return ofProduct.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Lists returned items: all items of a cancelled order, else the items of its refunds. */
function returnedOf({ isCancelled, items, refunds }: AcceptedOrder): readonly Item[] {
  return isCancelled ? items : [...refunds.values()].flatMap(refund => refund.items);
}

interface ExpectedLevel {
  id: string;
  stock: number;
  threshold: number | null;
  last: number;
}

/** Checks for one alert per counted crossing. Stock that fell below the threshold must have crossed it at least once. */
function alertDifferences({ id, stock, threshold, last }: ExpectedLevel, shop: ShopState): Difference[] {
  const level = shop.levels.get(id);
  const alerts = shop.archive.filter(
    ({ event_type, event }) => event_type === "inventory.low_stock_alert" && event.payload.product_id === id,
  ).length;
  const isLow = threshold !== null && last <= threshold;
  const differences: Difference[] = [];
  const differ = (expected: string, found: string) => differences.push({ about: id, expected, found });
  if (level?.low !== isLow) differ(isLow ? "to be low" : "not to be low", `${level?.low} in its level`);
  if (alerts !== level?.crossings) differ(`${level?.crossings} low-stock alerts`, `${alerts}`);
  if (isLow && stock > threshold && alerts === 0) differ("a low-stock alert", "none");
  return differences;
}

/** Checks that each order changed stock once, and ended in the state that follows from its events. */
export function orderDifferences(goods: readonly Goods[], accepted: Accepted, shop: ShopState): Difference[] {
  const stocked = new Set(goods.map(({ product_id }) => product_id));
  const handlesPaid = shop.subscribers.some(
    ({ name, types }) => name === "orders" && types.includes("order.paid"),
  );
  return [...accepted.orders.values()].flatMap(order => [
    ...moveDifferences(order, stocked, shop),
    ...stateDifferences(order, handlesPaid, shop),
  ]);
}

function moveDifferences(order: AcceptedOrder, stocked: ReadonlySet<string>, shop: ShopState): Difference[] {
  const { id } = order;
  const move = shop.moves.get(id);
  const deducted = net(move?.deducted ?? [], move?.returned ?? []);
  const items = order.items.filter(({ product_id }) => stocked.has(product_id));
  const isStocked = ({ product_id }: Item): boolean => stocked.has(product_id);
  const expected = net(items, returnedOf(order).filter(isStocked));
  if (deducted === expected && (move || items.length === 0)) return [];
  return [
    {
      about: id,
      expected: `to have deducted ${expected || "nothing"} from stock`,
      found: move ? deducted || "nothing" : "no stock move",
    },
  ];
}

/** Lists quantities by product, without products that came back completely. */
function net(out: readonly Item[], back: readonly Item[]): string {
  const sums = new Map<string, number>();
  for (const { product_id, quantity } of out) sums.set(product_id, (sums.get(product_id) ?? 0) + quantity);
  for (const { product_id, quantity } of back) sums.set(product_id, (sums.get(product_id) ?? 0) - quantity);
  const left = [...sums].filter(([, quantity]) => quantity !== 0).sort();
  return left.map(([product, quantity]) => `${quantity} ${product}`).join(", ");
}

function stateDifferences(order: AcceptedOrder, handlesPaid: boolean, shop: ShopState): Difference[] {
  const document = shop.orders.get(order.id);
  const expected = stateOf(order, handlesPaid);
  if (document?.state === expected) return [];
  return [{ about: order.id, expected, found: document?.state ?? "no such order" }];
}

function stateOf(order: AcceptedOrder, handlesPaid: boolean): string {
  const { isCancelled, hasFailed, isPaid, paidMinor, refunds } = order;
  if (isCancelled || (hasFailed && !isPaid)) return "cancelled";
  if (!isPaid || !handlesPaid) return "placed";
  return refunds.size > 0 && refundedMinor(order) >= paidMinor ? "refunded" : "paid";
}
