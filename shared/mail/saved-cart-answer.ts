import { clock } from "../clock.ts";
import { config } from "../config.ts";
import { readDocument } from "../google/firestore.ts";
import type { HttpAnswer, HttpRequest } from "../http/handler.ts";
import type { Html } from "../http/html.ts";
import { html } from "../http/html.ts";
import { Problem } from "../http/problem.ts";
import { minorDigits } from "../values/currencies.ts";
import { LINK_HEADERS, linkPage } from "./link-page.ts";
import { unsubscribeSecret } from "./mail-config.ts";
import type { SavedCart, SavedItem } from "./saved-cart.ts";
import { readSavedCart } from "./saved-cart.ts";

/**
 * Answers the link of a reminder. A browser is sent to the storefront with the token, or gets a page where no storefront
 * is configured. The storefront and every other program get JSON.
 */
export async function getSavedCart({ params, headers }: HttpRequest): Promise<HttpAnswer> {
  const token = params["token"] ?? "";
  const isBrowser = (headers.accept ?? "").includes("text/html");
  try {
    const asked = { nowMs: clock.now(), secret: unsubscribeSecret(), read: readDocument };
    const cart = await readSavedCart(token, asked);
    return isBrowser ? browserAnswer(cart, token) : { status: 200, headers: VARIED, body: cart };
  } catch (error) {
    if (!isBrowser || !(error instanceof Problem)) throw error;
    return linkPage("Your cart", html`<p>${error.detail}</p>`, error.status);
  }
}

const VARIED = { ...LINK_HEADERS, vary: "accept" };

function browserAnswer(cart: SavedCart, token: string): HttpAnswer {
  const { storefrontCartUrl } = config();
  if (storefrontCartUrl === undefined) return linkPage("Your cart", cartContent(cart));
  const location = new URL(storefrontCartUrl);
  location.searchParams.set("cart_token", token);
  location.searchParams.set("reminder_step", String(cart.reminder_step));
  return { status: 302, headers: { ...VARIED, location: location.href } };
}

function cartContent({ items }: SavedCart): Html {
  if (items.length === 0) return html`<p>This cart is empty: everything was bought or removed.</p>`;
  return html`<ul>${items.map(item => html`<li>${lineText(item)}</li>`)}</ul>`;
}

function lineText({ product_id, product_name, quantity, unit_price, currency = "" }: SavedItem): string {
  const price =
    unit_price === undefined ? "" : `, ${unit_price.toFixed(minorDigits(currency))} ${currency} each`;
  return `${quantity} × ${product_name ?? product_id}${price}`;
}
