import type { Accepted } from "./accepted.ts";
import type { AcceptedOrder } from "./accepted-orders.ts";
import { isCovered } from "./accepted-orders.ts";
import type { Difference } from "./difference.ts";
import type { Item, ShopState } from "./shop-state.ts";
import type { Goods } from "./step.ts";

/** Checks that stock equals the first stock, plus moves, receipts and returns, minus orders. */
export function stockDifferences(goods: readonly Goods[], accepted: Accepted, shop: ShopState): Difference[] {
  return goods.flatMap(({ product_id: id, stock, threshold }) => {
    const orders = [...accepted.orders.values()];
    const ordered = total(
      orders.flatMap(order => order.items),
      id,
    );
    const returned = total(orders.flatMap(returnedOf), id);
    const moved = accepted.moved.get(id) ?? 0;
    const received = receivedOf(id, accepted);
    const expected = stock + moved + received - ordered + returned;
    const quantity = shop.stock.get(id)?.quantity;
    const sums = `${expected} (${stock} at first, ${moved} moved, ${received} received, ${ordered} ordered, ${returned} back)`;
    const count = quantity === expected ? [] : [{ about: id, expected: sums, found: String(quantity) }];
    const entries = entryDifferences({ id, stock, expected, received }, shop);
    return [...count, ...entries, ...alertDifferences({ id, stock, threshold, last: expected }, shop)];
  });
}

function receivedOf(id: string, { receipts }: Accepted): number {
  return receipts.filter(({ product }) => product === id).reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Checks that the first stock and all stock entries give the stock, and the entries of receipts the receipts. */
function entryDifferences(
  { id, stock, expected, received }: { id: string; stock: number; expected: number; received: number },
  shop: ShopState,
): Difference[] {
  const entries = shop.entries.filter(({ product_id }) => product_id === id);
  const sum = (some: typeof entries) => some.reduce((all, { delta }) => all + delta, 0);
  const byReceipt = sum(entries.filter(({ supplier_order_id }) => supplier_order_id !== undefined));
  const differences: Difference[] = [];
  if (stock + sum(entries) !== expected)
    differences.push({ about: id, expected: `${expected} by its entries`, found: `${stock + sum(entries)}` });
  if (byReceipt !== received)
    differences.push({ about: id, expected: `${received} received by its entries`, found: `${byReceipt}` });
  return differences;
}

function total(items: readonly Item[], product: string): number {
  const ofProduct = items.filter(({ product_id }) => product_id === product);
  return ofProduct.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Lists returned items: all items of an order that was stopped in time, else the items of its refunds. */
function returnedOf(order: AcceptedOrder): readonly Item[] {
  const isStopped = !order.hasLeft && (order.isCancelled || order.isClosed);
  return isStopped ? order.items : [...order.refunds.values()].flatMap(refund => refund.items);
}

interface ExpectedLevel {
  id: string;
  stock: number;
  threshold: number | null;
  last: number;
}

/**
 * Checks for one alert per counted crossing. Stock that fell below the threshold, or to zero, must have crossed a mark
 * at least once.
 */
function alertDifferences({ id, stock, threshold, last }: ExpectedLevel, shop: ShopState): Difference[] {
  const level = shop.levels.get(id);
  const alerts = shop.archive.filter(
    ({ event_type, event }) => event_type === "inventory.low_stock_alert" && event.payload.product_id === id,
  ).length;
  const isLow = threshold !== null && last <= threshold;
  const differences: Difference[] = [];
  const differ = (expected: string, found: string) => differences.push({ about: id, expected, found });
  const isSoldOut = isLow && last <= 0;
  if (level?.sold_out !== isSoldOut) differ(`sold_out ${isSoldOut} in its level`, String(level?.sold_out));
  if (level?.low !== isLow) differ(isLow ? "to be low" : "not to be low", `${level?.low} in its level`);
  if (alerts !== level?.crossings) differ(`${level?.crossings} low-stock alerts`, `${alerts}`);
  if (isLow && (stock > threshold || last <= 0) && alerts === 0) differ("a low-stock alert", "none");
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
    ...shipmentDifferences(order, handlesPaid, shop),
  ]);
}

function moveDifferences(order: AcceptedOrder, stocked: ReadonlySet<string>, shop: ShopState): Difference[] {
  const { id } = order;
  const move = shop.moves.get(id);
  const deducted = net(move?.held ?? [], []);
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
  const { isCancelled, hasFailed, payments, isClosed } = order;
  if (isCancelled || (hasFailed && payments.size === 0)) return "cancelled";
  if (!isCovered(order) || !handlesPaid) return "placed";
  return isClosed ? "refunded" : "paid";
}

/** Checks that the warehouse sends the parcel of a paid order alone. */
function shipmentDifferences(order: AcceptedOrder, handlesPaid: boolean, shop: ShopState): Difference[] {
  const expected = order.hasLeft ? "left" : SHIPMENTS[stateOf(order, handlesPaid)];
  const found = shop.shipments.get(order.id)?.state;
  return found === expected
    ? []
    : [{ about: `${order.id}: shipment`, expected: String(expected), found: String(found) }];
}

const SHIPMENTS: Readonly<Record<string, string>> = {
  placed: "waiting",
  paid: "requested",
  refunded: "stopped",
  cancelled: "stopped",
};
