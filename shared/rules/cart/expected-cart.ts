/** The expected content of a cart, derived from its archived events. Reconciliation compares the document with it. */
import type { Cart } from "./cart.ts";
import type { AddFact, CartFact, RemoveFact } from "./cart-facts.ts";
import { EMPTY_BASE, replayFacts } from "./cart-facts.ts";

/** An add or a remove, as an archived event states it. */
export type Visit = AddFact | RemoveFact;

/** The values of a cart that its facts determine. */
export type CartContent = Pick<Cart, "lines" | "user_ids" | "session_ids"> & {
  isBought: boolean;
  facts: CartFact[];
};

/** Tells whether the document holds every fact of the cart: none was folded into the base. */
export function isUnfolded({ base }: Pick<Cart, "base">): boolean {
  const { lines, covered, session_ids, user_ids, order_ids } = base;
  return [lines, covered, session_ids, user_ids, order_ids].every(list => list.length === 0);
}

/**
 * Derives the content of a cart from archived adds and removes. The document alone knows its orders, and the adds and
 * removes that the archive lacks.
 */
export function expectedCart(cart: Pick<Cart, "cart_id" | "facts">, archived: readonly Visit[]): CartContent {
  const ids = new Set(archived.map(({ id }) => id));
  const others = cart.facts.filter(fact => fact.kind === "order" || !ids.has(fact.id));
  const facts = [...others, ...archived];
  const { lines, user_ids, session_ids, bought } = replayFacts(EMPTY_BASE, facts, cart.cart_id);
  return { lines, user_ids, session_ids, isBought: bought, facts };
}

/** Lists the adds and removes that a document lacks. */
export function visitsMissingIn({ facts }: Pick<Cart, "facts">, archived: readonly Visit[]): Visit[] {
  const known = new Set(facts.filter(({ kind }) => kind !== "order").map(({ id }) => id));
  return archived.filter(({ id }) => !known.has(id));
}
