import { carts, users } from "../collections.ts";
import { config } from "../config.ts";
import { Problem } from "../http/problem.ts";
import type { CartLine } from "../rules/cart/cart-facts.ts";
import { fromMinor } from "../values/money.ts";
import { offeredLines } from "./offered-lines.ts";
import { outsideText } from "./outside-text.ts";
import type { ReadDocument } from "./recipient.ts";
import { readSavedCartToken } from "./saved-cart-link.ts";

/** A saved cart as its link shows it. Neither the person nor the cart nor the session is named. */
export interface SavedCart {
  /** Number of the reminder that carried the link. */
  reminder_step: number;
  expires_at: string;
  /** The lines that the shop can still sell. Empty when everything was bought, removed or sold out. */
  items: readonly SavedItem[];
}

export interface SavedItem {
  product_id: string;
  product_name?: string;
  quantity: number;
  unit_price?: number;
  currency?: string;
}

/**
 * Reads the cart behind the link of a reminder. The read changes nothing.
 * @throws Problem 404 for a token that no reminder carried; 410 for an expired link, an erased person, another user's
 * cart
 */
export async function readSavedCart(
  token: string,
  { nowMs, secret, read }: { nowMs: number; secret: string; read: ReadDocument },
): Promise<SavedCart> {
  const link = readSavedCartToken(token, secret);
  if (!link) throw unknownLink();
  if (nowMs >= link.expires_at_ms)
    throw gone("link-expired", "This link has expired. Links are valid for 30 days.");
  const [user, cart] = await Promise.all([read(users, link.user_id), read(carts, link.cart_id)]);
  if (user?.erased_at_ms !== undefined) throw gone("cart-deleted", "This cart was deleted.");
  if (!cart) throw unknownLink();
  // A cart belongs to a session. The next person at a shared device must not show up in an earlier person's mail.
  if (cart.user_ids.at(-1) !== link.user_id)
    throw gone("cart-of-another", "This cart belongs to another person now.");
  return {
    reminder_step: link.step,
    expires_at: new Date(link.expires_at_ms).toISOString(),
    items: (await offeredLines(cart.lines, read)).map(savedItem),
  };
}

/** Converts an offered line into its form in the answer. The product name may come from another system. */
function savedItem(line: Omit<CartLine, "added_at_ms">): SavedItem {
  const { product_id, quantity, product_name: name, unit_price_minor } = line;
  const currency = line.currency ?? config().defaultCurrency;
  const price =
    unit_price_minor === undefined ? {} : { unit_price: fromMinor(unit_price_minor, currency), currency };
  const product_name = name === undefined ? undefined : outsideText(name);
  return { product_id, product_name, quantity, ...price };
}

function unknownLink(): Problem {
  return new Problem({ status: 404, slug: "no-such-link", detail: "No reminder of ours carries this link." });
}

function gone(slug: string, detail: string): Problem {
  return new Problem({ status: 410, slug, detail });
}
