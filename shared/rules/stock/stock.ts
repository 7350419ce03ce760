/**
 * What an order does to stock. `stock_moves/{order_id}` holds what was heard about one order; what it takes
 * from stock is derived from that, so every order of arrival, and any number of reports, take the same.
 */

export interface StockItem {
  product_id: string;
  quantity: number;
}

/** The document `stock_moves/{order_id}`. */
export interface StockMove {
  order_id: string;
  /** Null until order.placed was heard: a cancel that came first leaves only its tombstone. */
  deducted: StockItem[] | null;
  /** What went back, at most what was deducted. Derived, kept for whoever reads the document. */
  returned: StockItem[];
  /** Items returned by refunds, by refund: the same refund counts once. */
  refunds: { refund_id: string; items: StockItem[] }[];
  cancelled: boolean;
}

export interface StockDelta {
  product_id: string;
  /** Negative takes from stock. Never zero. */
  delta: number;
}

/**
 * `changed`: write `move` and apply `deltas`, together.
 * `unchanged`: write nothing; the reason is one a reaction can skip with.
 */
export type StockDecision =
  | { kind: "changed"; move: StockMove; deltas: StockDelta[] }
  | { kind: "unchanged"; reason: string };

/**
 * order.placed: takes the items that are stocked here, once. After a cancel it takes nothing.
 * `stocked` holds the ids of those of the order's products that were created here; the others are left out.
 */
export function decidePlaced(
  move: StockMove | undefined,
  order: { order_id: string; items: readonly StockItem[] },
  stocked: ReadonlySet<string>,
): StockDecision {
  if (move?.cancelled) return { kind: "unchanged", reason: "order was cancelled" };
  if (move?.deducted) return { kind: "unchanged", reason: "stock was moved by an earlier report" };
  const deducted = merge(order.items.filter(item => stocked.has(item.product_id)));
  if (deducted.length === 0) return { kind: "unchanged", reason: "not stocked" };
  return change(move ?? emptyMove(order.order_id), { deducted });
}

/** order.cancelled: returns what is still out. Before order.placed it leaves a tombstone. */
export function decideCancelled(move: StockMove | undefined, orderId: string): StockDecision {
  if (move?.cancelled) return { kind: "unchanged", reason: "order was cancelled" };
  return change(move ?? emptyMove(orderId), { cancelled: true });
}

/**
 * refund.issued with items that come back to stock. Returns at most what is still out; a refund heard before
 * its order.placed is kept and counted when that arrives.
 */
export function decideReturned(
  move: StockMove | undefined,
  refund: { order_id: string; refund_id: string; items: readonly StockItem[] },
): StockDecision {
  const known = move ?? emptyMove(refund.order_id);
  if (known.refunds.some(other => other.refund_id === refund.refund_id)) {
    return { kind: "unchanged", reason: "stock was returned by an earlier report" };
  }
  const entry = { refund_id: refund.refund_id, items: merge(refund.items) };
  return change(known, { refunds: [...known.refunds, entry] });
}

function emptyMove(orderId: string): StockMove {
  return { order_id: orderId, deducted: null, returned: [], refunds: [], cancelled: false };
}

function change(before: StockMove, patch: Partial<StockMove>): StockDecision {
  const heard = { ...before, ...patch };
  const move = { ...heard, returned: returnedOf(heard) };
  const was = outOfStock(before);
  const is = outOfStock(move);
  const deltas = [...new Set([...was.keys(), ...is.keys()])]
    .map(id => ({ product_id: id, delta: (was.get(id) ?? 0) - (is.get(id) ?? 0) }))
    .filter(({ delta }) => delta !== 0);
  return { kind: "changed", move, deltas };
}

function returnedOf({ deducted, cancelled, refunds }: StockMove): StockItem[] {
  if (cancelled) return deducted ?? [];
  const asked = totals(refunds.flatMap(refund => refund.items));
  return (deducted ?? [])
    .map(item => ({ ...item, quantity: Math.min(item.quantity, asked.get(item.product_id) ?? 0) }))
    .filter(item => item.quantity > 0);
}

/** What this order holds of each product. */
function outOfStock({ deducted, returned }: StockMove): Map<string, number> {
  const back = totals(returned);
  return totals(
    (deducted ?? []).map(item => ({ ...item, quantity: item.quantity - (back.get(item.product_id) ?? 0) })),
  );
}

function totals(items: readonly StockItem[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { product_id, quantity } of items) sums.set(product_id, (sums.get(product_id) ?? 0) + quantity);
  return sums;
}

function merge(items: readonly StockItem[]): StockItem[] {
  return [...totals(items)].map(([product_id, quantity]) => ({ product_id, quantity }));
}
