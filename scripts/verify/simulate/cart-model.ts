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
  /** Our checkout covers lines in every cart before the answer. Reports of other systems cover them later. */
  coversAtOnce: boolean;
}

export interface ModelCart {
  lines: Map<string, { quantity: number; addedAtMs: number }>;
  isBought: boolean;
}

/**
 * Replays the facts of one shopper.
 * @returns the carts by id
 */
export function replayCarts(facts: readonly CartFact[]): Map<string, ModelCart> {
  const carts = new Map<string, ModelCart>();
  const visitors = visitorsOf(facts);
  const orders = new Set<string>();
  const inOrder = facts
    .map((fact, index) => ({ fact, index }))
    .sort((a, b) => a.fact.atMs - b.fact.atMs || isOrder(a.fact) - isOrder(b.fact) || a.index - b.index);
  for (const { fact } of inOrder) {
    if (fact.kind !== "order") visit(carts, fact);
    else if (!orders.has(fact.order)) {
      orders.add(fact.order);
      for (const [id, cart] of carts) if (isReached(id, fact, visitors)) cover(cart, fact.products);
    }
  }
  return carts;
}

/** Within one millisecond an order covers the additions. */
function isOrder({ kind }: CartFact): number {
  return kind === "order" ? 1 : 0;
}

/** The carts that each session and each user touched at any time. */
interface Visitors {
  sessions: Map<string, Set<string>>;
  users: Map<string, Set<string>>;
}

/** Collects the visitors over all facts. A guest who logs in is the same user from the beginning. */
function visitorsOf(facts: readonly CartFact[]): Visitors {
  const visitors: Visitors = { sessions: new Map(), users: new Map() };
  for (const fact of facts) {
    if (fact.kind === "order") continue;
    link(visitors.sessions, fact.session, fact.cart);
    link(visitors.users, fact.user, fact.cart);
  }
  return visitors;
}

function link(carts: Map<string, Set<string>>, visitor: string, cart: string): void {
  carts.set(visitor, (carts.get(visitor) ?? new Set()).add(cart));
}

function cartIn(carts: Map<string, ModelCart>, id: string): ModelCart {
  const cart = carts.get(id) ?? { lines: new Map(), isBought: false };
  carts.set(id, cart);
  return cart;
}

function visit(carts: Map<string, ModelCart>, fact: VisitFact): void {
  const cart = cartIn(carts, fact.cart);
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

/** Tells whether an order reaches a cart: by its cart id, or because its session or user touched the cart. */
function isReached(id: string, order: OrderFact, { sessions, users }: Visitors): boolean {
  if (id === order.cart || users.get(order.user)?.has(id)) return true;
  return order.session !== undefined && sessions.get(order.session)?.has(id) === true;
}

/** Removes the ordered products, whatever their quantity. */
function cover(cart: ModelCart, products: readonly string[]): void {
  if (cart.lines.size === 0) return;
  for (const product of products) cart.lines.delete(product);
  if (cart.lines.size === 0) cart.isBought = true;
}
