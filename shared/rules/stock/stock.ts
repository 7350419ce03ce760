/**
 * The effect of an order on stock. `stock_moves/{order_id}` holds the facts about one order. The quantities that the
 * order takes are derived from them, so order of arrival and repeated reports play no part.
 */
import { quantityByProduct } from "../quantities.ts";

export interface StockItem {
  product_id: string;
  quantity: number;
}

/** The document `stock_moves/{order_id}`. */
export interface StockMove {
  order_id: string;
  /** Items that left the stock. Null: order.placed was not received yet, but a cancellation or a refund was. */
  deducted: StockItem[] | null;
  /** Items that went back, at most those deducted. Derived, stored for readers of the document. */
  returned: StockItem[];
  /** Returned items of each refund. A refund counts once. */
  refunds: { refund_id: string; items: StockItem[] }[];
  cancelled: boolean;
}

export interface StockDelta {
  product_id: string;
  /** Change of the stock: negative takes from stock. Never zero. */
  delta: number;
}

/**
 * A decision about stock.
 * - `changed`: the caller writes `move` and applies `deltas` in one commit
 * - `unchanged`: the caller writes nothing; the reason is a skip reason
 */
export type StockDecision =
  | { kind: "changed"; move: StockMove; deltas: StockDelta[] }
  | { kind: "unchanged"; reason: string };

/**
 * Applies order.placed: takes the stocked items once. A cancelled order takes nothing.
 * @param stocked ids of the ordered products that were created here; other products are left out
 */
export function decidePlaced(
  move: StockMove | undefined,
  order: { order_id: string; items: readonly StockItem[] },
  stocked: ReadonlySet<string>,
): StockDecision {
  if (move?.cancelled) return { kind: "unchanged", reason: "order was cancelled" };
  if (move?.deducted) return { kind: "unchanged", reason: "stock was moved by an earlier report" };
  const deducted = mergedItems(order.items.filter(item => stocked.has(item.product_id)));
  if (deducted.length === 0) return { kind: "unchanged", reason: "not stocked" };
  return changedMove(move ?? emptyMove(order.order_id), { deducted });
}

/** Applies order.cancelled: returns all items that are still out. Before order.placed it leaves a tombstone. */
export function decideCancelled(move: StockMove | undefined, orderId: string): StockDecision {
  if (move?.cancelled) return { kind: "unchanged", reason: "order was cancelled" };
  return changedMove(move ?? emptyMove(orderId), { cancelled: true });
}

/**
 * Applies refund.issued with returned items: puts back at most the items that are still out. A refund that arrives
 * before order.placed is kept, and counts when order.placed arrives.
 */
export function decideReturned(
  move: StockMove | undefined,
  refund: { order_id: string; refund_id: string; items: readonly StockItem[] },
): StockDecision {
  const known = move ?? emptyMove(refund.order_id);
  if (known.refunds.some(other => other.refund_id === refund.refund_id)) {
    return { kind: "unchanged", reason: "stock was returned by an earlier report" };
  }
  const entry = { refund_id: refund.refund_id, items: mergedItems(refund.items) };
  return changedMove(known, { refunds: [...known.refunds, entry] });
}

function emptyMove(orderId: string): StockMove {
  return { order_id: orderId, deducted: null, returned: [], refunds: [], cancelled: false };
}

function changedMove(before: StockMove, patch: Partial<StockMove>): StockDecision {
  const facts = { ...before, ...patch };
  const move = { ...facts, returned: returnedItems(facts) };
  const heldBefore = heldItems(before);
  const heldAfter = heldItems(move);
  const deltas = [...new Set([...heldBefore.keys(), ...heldAfter.keys()])]
    .map(id => ({ product_id: id, delta: (heldBefore.get(id) ?? 0) - (heldAfter.get(id) ?? 0) }))
    .filter(({ delta }) => delta !== 0);
  return { kind: "changed", move, deltas };
}

function returnedItems({ deducted, cancelled, refunds }: StockMove): StockItem[] {
  if (cancelled) return deducted ?? [];
  const asked = quantityByProduct(refunds.flatMap(refund => refund.items));
  return (deducted ?? [])
    .map(item => ({ ...item, quantity: Math.min(item.quantity, asked.get(item.product_id) ?? 0) }))
    .filter(item => item.quantity > 0);
}

/** Lists the quantity that the order holds of each product. */
function heldItems({ deducted, returned }: StockMove): Map<string, number> {
  const back = quantityByProduct(returned);
  return quantityByProduct(
    (deducted ?? []).map(item => ({ ...item, quantity: item.quantity - (back.get(item.product_id) ?? 0) })),
  );
}

function mergedItems(items: readonly StockItem[]): StockItem[] {
  return [...quantityByProduct(items)].map(([product_id, quantity]) => ({ product_id, quantity }));
}
