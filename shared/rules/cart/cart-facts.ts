/**
 * A cart is the set of facts heard about it; its lines are those facts replayed in the order in which they
 * happened. The order in which they arrived plays no part, so late, repeated and crossed deliveries end in
 * the same lines by construction.
 */

interface FactBasics {
  /** Unique per fact: the ledger key of its event. For an order its order_id, so a second report is known. */
  id: string;
  /** happenedAtMs */
  at_ms: number;
  /** When ingest heard of it. */
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
  /** Absent: all of the product. */
  quantity?: number;
}

export interface OrderFact extends FactBasics {
  kind: "order";
  /**
   * Which carts the order closes. `cart`: the one it names. `session`: those its session was in by then; if
   * there was none, like `user`: those of its user that held an ordered item by then.
   */
  names: "cart" | "session" | "user";
  product_ids: string[];
  /** For `session`: the session had a cart somewhere by then, so the order is not also the user's. */
  session_found?: true;
  /** For a checkout: adds it read although their time is later than its own (clocks of instances differ). */
  read_ids?: string[];
}

export type CartFact = AddFact | RemoveFact | OrderFact;

export interface CartLine {
  product_id: string;
  quantity: number;
  /** Of the latest add. */
  added_at_ms: number;
  unit_price_minor?: number;
  currency?: string;
  product_name?: string;
}

/** Facts replayed and forgotten, because there were too many. */
export interface CartBase {
  lines: CartLine[];
  /** The cart is empty, and it was an order that emptied it last. */
  bought: boolean;
  /** Up to here everything was covered: a fact that happened before and arrives later changes nothing. */
  covered_until_ms: number;
  session_ids: string[];
  user_ids: string[];
  order_ids: string[];
}

export const EMPTY_BASE: Readonly<CartBase> = Object.freeze({
  lines: [],
  bought: false,
  covered_until_ms: Number.MIN_SAFE_INTEGER, // a clock that died in 1970 adds to its cart, too
  session_ids: [],
  user_ids: [],
  order_ids: [],
});

/** How long the lists of sessions, users and orders of a cart may get; the latest stay. */
const MAX_IDS = 50;

/**
 * Facts kept with a cart before the oldest half is folded into its base: about 300 bytes each in Firestore,
 * so at most a seventh of the 1 MiB a document may have. Beyond it a fact that is older than the base and
 * arrives late is judged by the base alone, and convergence is no longer promised for it.
 */
export const MAX_FACT_WEIGHT = 500;

/** Replays facts over a base, in the order in which they happened. */
export function replay(base: CartBase, facts: readonly CartFact[]): CartBase {
  const sorted = inOrder(facts);
  return replaySorted(base, sorted, usersOf(base, sorted));
}

/**
 * A guest who logs in later was this user all along: the users are those of the whole life of the cart. An
 * order is no visit: that its user was in this cart must be known from an add or a remove.
 */
function usersOf(base: CartBase, sorted: readonly CartFact[]): string[] {
  return sorted.reduce(
    (ids, fact) => (fact.kind === "order" ? ids : withLatest(ids, fact.user_id)),
    base.user_ids,
  );
}

function replaySorted(base: CartBase, sorted: readonly CartFact[], userIds: string[]): CartBase {
  return sorted.reduce((state, fact) => step(state, fact, userIds), { ...base, user_ids: userIds });
}

/** Folds the oldest facts into the base when there are too many. Lines do not change. */
export function compact(base: CartBase, facts: CartFact[]): { base: CartBase; facts: CartFact[] } {
  if (totalWeight(facts) <= MAX_FACT_WEIGHT) return { base, facts };
  const kept = inOrder(facts);
  const userIds = usersOf(base, kept);
  const folded: CartFact[] = [];
  let weight = totalWeight(kept);
  for (let oldest = kept.shift(); oldest; oldest = kept.shift()) {
    folded.push(oldest);
    weight -= weightOf(oldest);
    if (weight <= MAX_FACT_WEIGHT / 2) break;
  }
  return { base: replaySorted(base, folded, userIds), facts: kept };
}

/** The room a fact takes: an order is as heavy as the products it names. */
export function weightOf(fact: CartFact): number {
  return fact.kind === "order" ? 1 + fact.product_ids.length : 1;
}

function totalWeight(facts: readonly CartFact[]): number {
  return facts.reduce((sum, fact) => sum + weightOf(fact), 0);
}

/**
 * By time; within a millisecond an order comes last, because it covers what was added up to then, and the
 * rest as ingest heard it (many producers stamp whole seconds). An add that a checkout read counts as added
 * by the time of that checkout.
 */
function inOrder(facts: readonly CartFact[]): CartFact[] {
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

function step(state: CartBase, fact: CartFact, userIds: readonly string[]): CartBase {
  if (fact.kind === "order") return orderStep(state, fact, userIds);
  const seen = { ...state, session_ids: withLatest(state.session_ids, fact.session_id) };
  // Only behind a base can this be: replayed facts come sorted.
  if (fact.at_ms <= state.covered_until_ms) return seen;
  if (fact.kind === "add") return { ...seen, lines: plus(state.lines, fact), bought: false };
  return { ...seen, lines: minus(state.lines, fact) };
}

function orderStep(state: CartBase, order: OrderFact, userIds: readonly string[]): CartBase {
  const heard = { ...state, order_ids: withLatest(state.order_ids, order.id) };
  if (!closes(order, state, userIds)) return heard;
  const lines = state.lines.filter(line => line.added_at_ms > order.at_ms);
  return {
    ...heard,
    lines,
    bought: lines.length === 0 && (state.bought || state.lines.length > 0),
    covered_until_ms: Math.max(state.covered_until_ms, order.at_ms),
  };
}

function closes(order: OrderFact, state: CartBase, userIds: readonly string[]): boolean {
  if (order.names === "cart") return true;
  if (order.names === "session") {
    if (order.session_id !== undefined && state.session_ids.includes(order.session_id)) return true;
    if (order.session_found) return false;
  }
  if (order.user_id === undefined || !userIds.includes(order.user_id)) return false;
  return state.lines.some(
    line => line.added_at_ms <= order.at_ms && order.product_ids.includes(line.product_id),
  );
}

function plus(lines: readonly CartLine[], add: AddFact): CartLine[] {
  const line = lines.find(other => other.product_id === add.product_id);
  const { product_id, unit_price_minor, currency, product_name } = add;
  const sum: CartLine = {
    ...line,
    product_id,
    quantity: (line?.quantity ?? 0) + add.quantity,
    added_at_ms: Math.max(add.at_ms, line?.added_at_ms ?? add.at_ms),
    ...(unit_price_minor === undefined ? {} : { unit_price_minor }),
    ...(currency === undefined ? {} : { currency }),
    ...(product_name === undefined ? {} : { product_name }),
  };
  return line ? lines.map(other => (other === line ? sum : other)) : [...lines, sum];
}

function minus(lines: readonly CartLine[], remove: RemoveFact): CartLine[] {
  return lines.flatMap(line => {
    if (line.product_id !== remove.product_id || line.added_at_ms > remove.at_ms) return [line];
    const quantity = line.quantity - (remove.quantity ?? line.quantity);
    return quantity > 0 ? [{ ...line, quantity }] : [];
  });
}

/** Without repeats, the latest last, at most MAX_IDS. */
function withLatest(ids: string[], id: string | undefined): string[] {
  if (id === undefined || ids.at(-1) === id) return ids;
  return [...ids.filter(other => other !== id), id].slice(-MAX_IDS);
}
