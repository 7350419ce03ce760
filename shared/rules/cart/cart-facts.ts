/**
 * A cart is a set of facts. Its lines are these facts, replayed in the order in which they happened. The order of
 * arrival plays no part, so late, repeated and crossed deliveries give the same lines.
 */

import { MAX_ITEMS } from "../../events/limits.ts";

interface FactBasics {
  /** Unique id: producer and id of the event. For an order its order_id, so that a second report is known. */
  id: string;
  /** Time of the event by happenedAtMs. */
  at_ms: number;
  /** Time when ingest received the event. */
  received_at_ms: number;
  session_id?: string;
  user_id?: string;
}

export interface AddFact extends FactBasics {
  kind: "add";
  product_id: string;
  quantity: number;
  unit_price_minor?: number;
  currency?: string;
  product_name?: string;
}

export interface RemoveFact extends FactBasics {
  kind: "remove";
  product_id: string;
  /** Quantity removed. Absent: all of the product. */
  quantity?: number;
}

export interface OrderFact extends FactBasics {
  kind: "order";
  /** The cart that the order names. */
  cart_id?: string;
  /** The products that the order covers, whatever their quantity. Empty: an order without items covers all lines. */
  product_ids: string[];
  /** Ids of adds that the checkout had read. Another instance's clock may date them after the checkout. */
  read_ids?: string[];
}

export type CartFact = AddFact | RemoveFact | OrderFact;

export interface CartLine {
  product_id: string;
  quantity: number;
  /** Time of the latest add. */
  added_at_ms: number;
  unit_price_minor?: number;
  currency?: string;
  product_name?: string;
}

export interface CoveredProduct {
  product_id: string;
  until_ms: number;
}

/** The result of facts that were replayed and dropped, because the cart had too many. */
export interface CartBase {
  lines: CartLine[];
  /** True when the cart is empty and an order emptied it last. */
  bought: boolean;
  /** Time up to which orders without items covered all lines. An older fact that arrives later changes nothing. */
  covered_until_ms: number;
  /** Time up to which orders covered a product, the latest orders last, at most MAX_COVERED products. */
  covered: CoveredProduct[];
  session_ids: string[];
  user_ids: string[];
  order_ids: string[];
}

export const EMPTY_BASE: Readonly<CartBase> = Object.freeze({
  lines: [],
  bought: false,
  covered_until_ms: Number.MIN_SAFE_INTEGER, // accepts adds from a clock that shows a time before 1970
  covered: [],
  session_ids: [],
  user_ids: [],
  order_ids: [],
});

/** Max ids in each list of a cart (sessions, users, orders). The latest stay. */
const MAX_IDS = 50;

/** Max covered products in the base of a cart: as many as one order may name. The latest stay. */
const MAX_COVERED = MAX_ITEMS;

/**
 * Max weight of the facts kept with a cart. Beyond it the oldest half is folded into the base. A fact takes about
 * 300 bytes in Firestore. All facts take at most a seventh of a document's 1 MiB. The base alone judges a
 * late fact that is older than the base. Convergence is not promised for such a fact.
 */
export const MAX_FACT_WEIGHT = 500;

/** The people and the id of a cart: they decide whether an order reaches the cart. */
export interface CartScope {
  cart_id: string;
  user_ids: readonly string[];
  session_ids: readonly string[];
}

/** Replays facts over a base, in the order in which they happened. */
export function replayFacts(base: CartBase, facts: readonly CartFact[], cartId: string): CartBase {
  const sorted = inOrderOfTime(facts);
  return replaySorted(base, sorted, scopeOf(base, sorted, cartId));
}

/**
 * Collects users and sessions of the cart's whole life. A guest who logs in later counts as this user from the start.
 * Only an add or a remove shows that a user was in this cart; an order does not.
 */
function scopeOf(base: CartBase, sorted: readonly CartFact[], cartId: string): CartScope {
  const visits = sorted.filter(fact => fact.kind !== "order");
  return {
    cart_id: cartId,
    user_ids: visits.reduce((ids, { user_id }) => withLatest(ids, user_id), base.user_ids),
    session_ids: visits.reduce((ids, { session_id }) => withLatest(ids, session_id), base.session_ids),
  };
}

function replaySorted(base: CartBase, sorted: readonly CartFact[], scope: CartScope): CartBase {
  const [user_ids, session_ids] = [[...scope.user_ids], [...scope.session_ids]];
  return sorted.reduce((state, fact) => replayFact(state, fact, scope), { ...base, user_ids, session_ids });
}

/** Folds the oldest facts into the base when their weight exceeds MAX_FACT_WEIGHT. The lines stay the same. */
export function compact(
  base: CartBase,
  facts: CartFact[],
  cartId: string,
): { base: CartBase; facts: CartFact[] } {
  if (totalWeight(facts) <= MAX_FACT_WEIGHT) return { base, facts };
  const kept = inOrderOfTime(facts);
  const scope = scopeOf(base, kept, cartId);
  const folded: CartFact[] = [];
  let weight = totalWeight(kept);
  for (let oldest = kept.shift(); oldest; oldest = kept.shift()) {
    folded.push(oldest);
    weight -= weightOf(oldest);
    if (weight <= MAX_FACT_WEIGHT / 2) break;
  }
  return { base: replaySorted(base, folded, scope), facts: kept };
}

/**
 * Measures the space that a fact takes in a document.
 * @returns 1, plus 1 for each product that an order names
 */
export function weightOf(fact: CartFact): number {
  return fact.kind === "order" ? 1 + fact.product_ids.length : 1;
}

function totalWeight(facts: readonly CartFact[]): number {
  return facts.reduce((sum, fact) => sum + weightOf(fact), 0);
}

/**
 * Sorts facts by time. Within a millisecond an order comes last, because an order covers the adds up to its time.
 * Other facts of one millisecond are sorted by the time of receipt: many producers stamp whole seconds. An add that a
 * checkout read counts as added at the latest at the time of that checkout.
 */
function inOrderOfTime(facts: readonly CartFact[]): CartFact[] {
  const readAtMs = new Map<string, number>();
  for (const fact of facts) {
    if (fact.kind !== "order") continue;
    for (const id of fact.read_ids ?? []) {
      readAtMs.set(id, Math.min(fact.at_ms, readAtMs.get(id) ?? fact.at_ms));
    }
  }
  return facts
    .map(fact => ({ ...fact, at_ms: Math.min(fact.at_ms, readAtMs.get(fact.id) ?? fact.at_ms) }))
    .sort(
      (a, b) =>
        a.at_ms - b.at_ms ||
        Number(a.kind === "order") - Number(b.kind === "order") ||
        a.received_at_ms - b.received_at_ms ||
        (a.id < b.id ? -1 : 1),
    );
}

function replayFact(state: CartBase, fact: CartFact, scope: CartScope): CartBase {
  if (fact.kind === "order") return replayOrder(state, fact, scope);
  // Replayed facts are sorted, so only a fact older than the base can be covered here.
  if (fact.at_ms <= coveredUntilMs(state, fact.product_id)) return state;
  if (fact.kind === "add") return { ...state, lines: withAdd(state.lines, fact), bought: false };
  return { ...state, lines: withRemove(state.lines, fact) };
}

function coveredUntilMs({ covered_until_ms, covered }: CartBase, productId: string): number {
  const product = covered.find(({ product_id }) => product_id === productId);
  return Math.max(covered_until_ms, product?.until_ms ?? covered_until_ms);
}

function replayOrder(state: CartBase, order: OrderFact, scope: CartScope): CartBase {
  const recorded = { ...state, order_ids: withLatest(state.order_ids, order.id) };
  if (!reaches(order, scope)) return recorded;
  const lines = state.lines.filter(line => !isCovered(line, order));
  return {
    ...recorded,
    ...coveredBy(state, order),
    lines,
    bought: lines.length === 0 && (state.bought || state.lines.length > 0),
  };
}

/** Tells whether an order reaches a cart: by the cart's id, or by a session or user of the cart. */
export function reaches({ cart_id, session_id, user_id }: OrderFact, scope: CartScope): boolean {
  if (cart_id === scope.cart_id) return true;
  if (session_id !== undefined && scope.session_ids.includes(session_id)) return true;
  return user_id !== undefined && scope.user_ids.includes(user_id);
}

/** Tells whether an order covers a line: the order names its product, whatever the quantity, and is not older. */
export function isCovered(line: Pick<CartLine, "product_id" | "added_at_ms">, order: OrderFact): boolean {
  return line.added_at_ms <= order.at_ms && names(order, line.product_id);
}

/** Tells whether an order names a product. An order without items names every product. */
export function names({ product_ids }: OrderFact, productId: string): boolean {
  return product_ids.length === 0 || product_ids.includes(productId);
}

function coveredBy(
  { covered_until_ms, covered }: CartBase,
  { product_ids, at_ms }: OrderFact,
): Pick<CartBase, "covered_until_ms" | "covered"> {
  if (product_ids.length === 0) return { covered_until_ms: Math.max(covered_until_ms, at_ms), covered };
  // Orders are replayed in the order of time, so the time of a product only grows.
  const others = covered.filter(({ product_id }) => !product_ids.includes(product_id));
  const latest = product_ids.map(product_id => ({ product_id, until_ms: at_ms }));
  return { covered_until_ms, covered: [...others, ...latest].slice(-MAX_COVERED) };
}

function withAdd(lines: readonly CartLine[], add: AddFact): CartLine[] {
  const line = lines.find(other => other.product_id === add.product_id);
  const { product_id, unit_price_minor, currency, product_name } = add;
  const sum: CartLine = {
    ...line,
    product_id,
    quantity: (line?.quantity ?? 0) + add.quantity,
    added_at_ms: Math.max(add.at_ms, line?.added_at_ms ?? add.at_ms),
    // An add without a price or name keeps those of the line.
    ...(unit_price_minor === undefined ? {} : { unit_price_minor }),
    ...(currency === undefined ? {} : { currency }),
    ...(product_name === undefined ? {} : { product_name }),
  };
  return line ? lines.map(other => (other === line ? sum : other)) : [...lines, sum];
}

function withRemove(lines: readonly CartLine[], remove: RemoveFact): CartLine[] {
  return lines.flatMap(line => {
    if (line.product_id !== remove.product_id || line.added_at_ms > remove.at_ms) return [line];
    const quantity = line.quantity - (remove.quantity ?? line.quantity);
    return quantity > 0 ? [{ ...line, quantity }] : [];
  });
}

/** Appends an id: no repeats, latest last, at most MAX_IDS. */
function withLatest(ids: string[], id: string | undefined): string[] {
  if (id === undefined || ids.at(-1) === id) return ids;
  return [...ids.filter(other => other !== id), id].slice(-MAX_IDS);
}
