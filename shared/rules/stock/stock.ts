/**
 * The effect of an order on stock. `stock_moves/{order_id}` follows the highest revision of the order. Stock moves by the
 * difference between the claimed units and the units that the order held before. Order of arrival and
 * repeated facts play no part. An order that becomes live again takes its units again.
 */
import { quantityByProduct } from "../quantities.ts";

export interface StockItem {
  product_id: string;
  quantity: number;
}

/** The document `stock_moves/{order_id}`. */
export interface StockMove {
  order_id: string;
  /** Revision of the order that the stock follows. */
  revision: number;
  /** Units that the order holds out of this stock. */
  held: StockItem[];
  /** Ordered products that were not stocked when a fact first named them. The order never takes their stock later. */
  not_stocked: string[];
}

/** The fields of order.balance_changed that stock needs. */
export interface ClaimFact {
  order_id: string;
  revision: number;
  /** Units that the order claims now. */
  held: readonly StockItem[];
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

/** Lists the claimed products of which the move does not tell whether they are stocked. The caller looks them up. */
export function unknownProducts(move: StockMove | undefined, { held }: ClaimFact): string[] {
  const known = new Set([
    ...(move?.not_stocked ?? []),
    ...(move?.held ?? []).map(({ product_id }) => product_id),
  ]);
  return [...quantityByProduct(held).keys()].filter(id => !known.has(id));
}

/**
 * Applies order.balance_changed. An older revision moves no stock. Unstocked products that an older revision names are
 * remembered all the same.
 * @param stocked the unknown products that were created here
 */
export function followClaim(
  known: StockMove | undefined,
  fact: ClaimFact,
  stocked: ReadonlySet<string>,
): StockDecision {
  const { order_id, revision } = fact;
  const before = known ?? { order_id, revision: 0, held: [], not_stocked: [] };
  const missing = unknownProducts(known, fact).filter(id => !stocked.has(id));
  const not_stocked = [...before.not_stocked, ...missing];
  if (revision <= before.revision) {
    if (missing.length === 0) return { kind: "unchanged", reason: "the stock follows a later revision" };
    return { kind: "changed", move: { ...before, not_stocked }, deltas: [] };
  }
  const elsewhere = new Set(not_stocked);
  const now = quantityByProduct(fact.held.filter(({ product_id }) => !elsewhere.has(product_id)));
  const held = [...now].map(([product_id, quantity]) => ({ product_id, quantity }));
  return {
    kind: "changed",
    move: { order_id, revision, held, not_stocked },
    deltas: deltasBetween(quantityByProduct(before.held), now),
  };
}

function deltasBetween(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): StockDelta[] {
  return [...new Set([...before.keys(), ...now.keys()])]
    .map(id => ({ product_id: id, delta: (before.get(id) ?? 0) - (now.get(id) ?? 0) }))
    .filter(({ delta }) => delta !== 0);
}
