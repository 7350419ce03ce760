import type { Cart } from "../../rules/cart/cart.ts";
import type { CartFact } from "../../rules/cart/cart-facts.ts";
import type { CartContent } from "../../rules/cart/expected-cart.ts";
import { expectedCart, isUnfolded } from "../../rules/cart/expected-cart.ts";
import { quantityByProduct } from "../../rules/quantities.ts";
import type { DayClosing } from "../closing/day-closing.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { CartEvidence } from "./cart-evidence.ts";
import { readCartEvidence } from "./cart-evidence.ts";
import type { Compared } from "./statements.ts";
import { documentFinding, goodsText, statement } from "./statements.ts";

/** Max events named by a finding. */
const MAX_NAMED = 20;

/**
 * Compares carts with their archived adds and removes. No cart is repaired: only the cart itself knows the orders that
 * its checkout covered. A cart with folded facts is not compared.
 */
export async function checkCarts(
  ids: readonly string[],
  { cut_off_ms }: Pick<DayClosing, "cut_off_ms">,
): Promise<Finding[]> {
  if (ids.length === 0) return [];
  return (await readCartEvidence(ids, cut_off_ms)).flatMap(evidence => cartFinding(evidence) ?? []);
}

/** Compares a cart. A damaged document that no rule can read is named, and must not stop the closing. */
function cartFinding(evidence: CartEvidence): Finding | undefined {
  try {
    return differenceOf(evidence);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { ...aboutOf(evidence), expected: "a document that the rules can read", found };
  }
}

function differenceOf(evidence: CartEvidence): Finding | undefined {
  const { id, cart, visits } = evidence;
  const about = aboutOf(evidence);
  if (cart.isLater || (!cart.data && visits.length === 0)) return undefined;
  if (!cart.data) return { ...about, expected: "a document with the items of its events", found: "none" };
  if (cart.data.cart_id !== id)
    return { ...about, expected: `the cart ${id}`, found: `the cart ${cart.data.cart_id}` };
  if (!isUnfolded(cart.data)) return undefined;
  const expected = expectedCart(
    cart.data,
    visits.map(({ fact }) => fact),
  );
  return documentFinding(about, cartValues(contentIn(cart.data), expected));
}

function aboutOf({ id, visits }: CartEvidence): Pick<Finding, "kind" | "about" | "events"> {
  const events = visits.slice(0, MAX_NAMED).map(({ name }) => name);
  return { kind: "cart", about: id, ...(events.length > 0 && { events: events.sort() }) };
}

function contentIn({ lines, user_ids, session_ids, status, facts }: Cart): CartContent {
  return { lines, user_ids, session_ids, isBought: status === "bought", facts };
}

function cartValues(stored: CartContent, expected: CartContent): (Compared & { name: string })[] {
  const value = (name: string, text: (content: CartContent) => string): Compared & { name: string } => ({
    name,
    kind: "cart",
    about: name,
    stored: statement("the cart", text(stored)),
    witnesses: [statement("the events", text(expected))],
  });
  return [
    value("lines", ({ lines }) => goodsText(quantityByProduct(lines))),
    value("state", ({ isBought }) => (isBought ? "bought" : "not bought")),
    value("users", ({ user_ids }) => user_ids.join(", ")),
    value("sessions", ({ session_ids }) => session_ids.join(", ")),
    value("changes", ({ facts }) => changesText(facts)),
  ];
}

/** Formats adds and removes as text. The order of arrival plays no part. */
function changesText(facts: readonly CartFact[]): string {
  const texts = facts.flatMap(fact =>
    fact.kind === "order" ? [] : [`${fact.kind} ${fact.quantity ?? "all"} ${fact.product_id}`],
  );
  return texts.sort().join(", ");
}
