/**
 * What has to be in every cart, from what was sent and nothing else: a shop in plain arithmetic, replayed from the
 * beginning for every question, in the order in which things happened.
 */

/** Something that was accepted about a shopper's carts. */
export type CartFact = VisitFact | OrderFact;

interface Happened {
  /** When it happened: not later than it was heard. */
  atMs: number;
  /** When the shop heard it, between these. */
  fromMs: number;
  toMs: number;
  /** What was sent together has one number. */
  burst: number;
  user: string;
}

export interface VisitFact extends Happened {
  kind: "add" | "remove";
  cart: string;
  session: string;
  product: string;
  /** Undefined: all of it is removed. */
  quantity: number | undefined;
}

export interface OrderFact extends Happened {
  kind: "order";
  order: string;
  cart?: string;
  session?: string;
  products: readonly string[];
  /** Our checkout closes the cart it names before it answers; what others report has to be heard first. */
  closesAtOnce: boolean;
}

export interface ModelCart {
  lines: Map<string, { quantity: number; addedAtMs: number }>;
  isBought: boolean;
  sessions: Set<string>;
}

/** The carts of one shopper after these facts. */
export function replay(facts: readonly CartFact[]): Map<string, ModelCart> {
  const carts = new Map<string, ModelCart>();
  const users = usersOf(facts);
  const known = new Set<string>();
  const inOrder = facts
    .map((fact, index) => ({ fact, index }))
    .sort((a, b) => a.fact.atMs - b.fact.atMs || isOrder(a.fact) - isOrder(b.fact) || a.index - b.index);
  for (const { fact } of inOrder) {
    if (fact.kind !== "order") visit(carts, fact);
    else if (!known.has(fact.order)) {
      known.add(fact.order);
      for (const id of closedBy(fact, { carts, users, facts })) close(cartIn(carts, id));
    }
  }
  return carts;
}

/** Within a millisecond an order covers what was added. */
function isOrder({ kind }: CartFact): number {
  return kind === "order" ? 1 : 0;
}

/** A guest who logs in was this user all along. */
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

interface Shop {
  carts: Map<string, ModelCart>;
  users: Map<string, Set<string>>;
  facts: readonly CartFact[];
}

/** The cart it names; else those its session was in; else those of its user that hold something of it. */
function closedBy(order: OrderFact, { carts, users, facts }: Shop): string[] {
  if (order.cart !== undefined) return [order.cart];
  const ids = [...carts.keys()];
  const { session, atMs } = order;
  if (session !== undefined) {
    const itsSession = ids.filter(id => carts.get(id)?.sessions.has(session));
    const wasSeen = facts.some(
      fact => fact.kind !== "order" && fact.session === session && fact.atMs <= atMs,
    );
    if (wasSeen) return itsSession;
  }
  return ids.filter(
    id => users.get(id)?.has(order.user) && order.products.some(product => carts.get(id)?.lines.has(product)),
  );
}

function close(cart: ModelCart): void {
  cart.isBought ||= cart.lines.size > 0;
  cart.lines.clear();
}
