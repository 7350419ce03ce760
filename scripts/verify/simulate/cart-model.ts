// The expected content of every cart, computed from the accepted requests alone. The model is plain arithmetic: every
// question replays all facts in the order in which they happened.

/** An accepted fact about a shopper's carts. */
export type CartFact = VisitFact | OrderFact;

interface CartMoment {
  /** Time at which the fact happened; never after its receipt. */
  atMs: number;
  /** The shop received the fact between these two times. */
  fromMs: number;
  toMs: number;
  /** Facts that were sent together share one number. */
  burst: number;
  user: string;
}

export interface VisitFact extends CartMoment {
  kind: "add" | "remove";
  cart: string;
  session: string;
  product: string;
  /** Undefined: all units are removed. */
  quantity: number | undefined;
}

export interface OrderFact extends CartMoment {
  kind: "order";
  order: string;
  cart?: string;
  session?: string;
  products: readonly string[];
  /** Our checkout closes the named cart before the answer. Reports of other systems close carts later. */
  closesAtOnce: boolean;
}

export interface ModelCart {
  lines: Map<string, { quantity: number; addedAtMs: number }>;
  isBought: boolean;
  sessions: Set<string>;
}

/**
 * Replays the facts of one shopper.
 * @returns the carts by id
 */
export function replayCarts(facts: readonly CartFact[]): Map<string, ModelCart> {
  const carts = new Map<string, ModelCart>();
  const users = usersOf(facts);
  const orders = new Set<string>();
  const inOrder = facts
    .map((fact, index) => ({ fact, index }))
    .sort((a, b) => a.fact.atMs - b.fact.atMs || isOrder(a.fact) - isOrder(b.fact) || a.index - b.index);
  for (const { fact } of inOrder) {
    if (fact.kind !== "order") visit(carts, fact);
    else if (!orders.has(fact.order)) {
      orders.add(fact.order);
      for (const id of closedBy(fact, { carts, users, facts })) close(cartIn(carts, id));
    }
  }
  return carts;
}

/** Within one millisecond an order covers the additions. */
function isOrder({ kind }: CartFact): number {
  return kind === "order" ? 1 : 0;
}

/** Collects the users of each cart over all facts. A guest who logs in is the same user from the beginning. */
function usersOf(facts: readonly CartFact[]): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  for (const fact of facts) {
    if (fact.kind === "order") continue;
    users.set(fact.cart, (users.get(fact.cart) ?? new Set()).add(fact.user));
  }
  return users;
}

function cartIn(carts: Map<string, ModelCart>, id: string): ModelCart {
  const cart = carts.get(id) ?? { lines: new Map(), isBought: false, sessions: new Set() };
  carts.set(id, cart);
  return cart;
}

function visit(carts: Map<string, ModelCart>, fact: VisitFact): void {
  const cart = cartIn(carts, fact.cart);
  cart.sessions.add(fact.session);
  const line = cart.lines.get(fact.product);
  const before = line?.quantity ?? 0;
  if (fact.kind === "add") {
    cart.lines.set(fact.product, { quantity: before + (fact.quantity ?? 0), addedAtMs: fact.atMs });
    cart.isBought = false;
  } else if (line) {
    const quantity = before - (fact.quantity ?? before);
    if (quantity > 0) cart.lines.set(fact.product, { ...line, quantity });
    else cart.lines.delete(fact.product);
  }
}

interface ModelShop {
  carts: Map<string, ModelCart>;
  users: Map<string, Set<string>>;
  facts: readonly CartFact[];
}

/**
 * Finds the carts that an order closes.
 * @returns the named cart; else the carts of the session; else the user's carts that hold an ordered product
 */
function closedBy(order: OrderFact, { carts, users, facts }: ModelShop): string[] {
  if (order.cart !== undefined) return [order.cart];
  const ids = [...carts.keys()];
  const { session, atMs } = order;
  if (session !== undefined) {
    const ofSession = ids.filter(id => carts.get(id)?.sessions.has(session));
    const wasSeen = facts.some(
      fact => fact.kind !== "order" && fact.session === session && fact.atMs <= atMs,
    );
    if (wasSeen) return ofSession;
  }
  return ids.filter(
    id => users.get(id)?.has(order.user) && order.products.some(product => carts.get(id)?.lines.has(product)),
  );
}

function close(cart: ModelCart): void {
  cart.isBought ||= cart.lines.size > 0;
  cart.lines.clear();
}
