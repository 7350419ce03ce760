/**
 * A cart is a set of facts. Its lines are these facts, replayed in the order in which they happened. The order of
 * arrival plays no part, so late, repeated and crossed deliveries give the same lines.
 */

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
  /**
   * The carts that the order closes.
   * - `cart`: the cart that the order names
   * - `session`: the carts of its session at the order's time; the carts of `user` when there is none
   * - `user`: the carts of its user that held an ordered item at the order's time
   */
  names: "cart" | "session" | "user";
  product_ids: string[];
  /** True when the session of a `session` order had a cart at its time: the user's other carts stay open. */
  session_found?: true;
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

/** The result of facts that were replayed and dropped, because the cart had too many. */
export interface CartBase {
  lines: CartLine[];
  /** True when the cart is empty and an order emptied it last. */
  bought: boolean;
  /** Time up to which orders covered all lines. A fact from before that arrives later changes nothing. */
  covered_until_ms: number;
  session_ids: string[];
  user_ids: string[];
  order_ids: string[];
}

export const EMPTY_BASE: Readonly<CartBase> = Object.freeze({
  lines: [],
  bought: false,
  covered_until_ms: Number.MIN_SAFE_INTEGER, // accepts adds from a clock that shows a time before 1970
  session_ids: [],
  user_ids: [],
  order_ids: [],
});

/** Max ids in each list of a cart (sessions, users, orders). The latest stay. */
const MAX_IDS = 50;

/**
 * Max weight of the facts kept with a cart. Beyond it the oldest half is folded into the base. A fact takes about
 * 300 bytes in Firestore. All facts take at most a seventh of a document's 1 MiB. The base alone judges a
 * late fact that is older than the base. Convergence is not promised for such a fact.
 */
export const MAX_FACT_WEIGHT = 500;

/** Replays facts over a base, in the order in which they happened. */
export function replayFacts(base: CartBase, facts: readonly CartFact[]): CartBase {
  const sorted = inOrderOfTime(facts);
  return replaySorted(base, sorted, cartUsers(base, sorted));
}

/**
 * Lists the users of the cart's whole life. A guest who logs in later counts as this user from the start. Only an add
 * or a remove shows that a user was in this cart; an order does not.
 */
function cartUsers(base: CartBase, sorted: readonly CartFact[]): string[] {
  return sorted.reduce(
    (ids, fact) => (fact.kind === "order" ? ids : withLatest(ids, fact.user_id)),
    base.user_ids,
  );
}

function replaySorted(base: CartBase, sorted: readonly CartFact[], userIds: string[]): CartBase {
  return sorted.reduce((state, fact) => replayFact(state, fact, userIds), { ...base, user_ids: userIds });
}

/** Folds the oldest facts into the base when their weight exceeds MAX_FACT_WEIGHT. The lines stay the same. */
export function compact(base: CartBase, facts: CartFact[]): { base: CartBase; facts: CartFact[] } {
  if (totalWeight(facts) <= MAX_FACT_WEIGHT) return { base, facts };
  const kept = inOrderOfTime(facts);
  const userIds = cartUsers(base, kept);
  const folded: CartFact[] = [];
  let weight = totalWeight(kept);
  for (let oldest = kept.shift(); oldest; oldest = kept.shift()) {
    folded.push(oldest);
    weight -= weightOf(oldest);
    if (weight <= MAX_FACT_WEIGHT / 2) break;
  }
  return { base: replaySorted(base, folded, userIds), facts: kept };
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

function replayFact(state: CartBase, fact: CartFact, userIds: readonly string[]): CartBase {
  if (fact.kind === "order") return replayOrder(state, fact, userIds);
  const visited = { ...state, session_ids: withLatest(state.session_ids, fact.session_id) };
  // Replayed facts are sorted, so only a fact older than the base can be covered here.
  if (fact.at_ms <= state.covered_until_ms) return visited;
  if (fact.kind === "add") return { ...visited, lines: withAdd(state.lines, fact), bought: false };
  return { ...visited, lines: withRemove(state.lines, fact) };
}

function replayOrder(state: CartBase, order: OrderFact, userIds: readonly string[]): CartBase {
  const recorded = { ...state, order_ids: withLatest(state.order_ids, order.id) };
  if (!closes(order, state, userIds)) return recorded;
  const lines = state.lines.filter(line => line.added_at_ms > order.at_ms);
  return {
    ...recorded,
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
