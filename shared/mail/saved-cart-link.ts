import * as v from "valibot";
import { id } from "../events/define.ts";
import { DAY_MS } from "../values/durations.ts";
import { openToken, sealToken } from "./link-token.ts";

/** Validity of the link to a saved cart. Carts of earlier months hold prices and products that are gone. */
const VALID_MS = 30 * DAY_MS;

/** The content of a link to a saved cart. */
export interface SavedCartLink {
  cart_id: string;
  user_id: string;
  /** Number of the reminder that carried the link, from 1. */
  step: number;
  expires_at_ms: number;
}

const content = v.strictTuple([id, id, v.number(), v.number()]);

/** Returns the token of the link in a reminder that is sent now. */
export function savedCartToken(
  { cart_id, user_id, step }: Omit<SavedCartLink, "expires_at_ms">,
  { nowMs, secret }: { nowMs: number; secret: string },
): string {
  return sealToken("saved-cart", JSON.stringify([cart_id, user_id, step, nowMs + VALID_MS]), secret);
}

/** Reads a token; undefined when no reminder of this shop carried the token. */
export function readSavedCartToken(token: string, secret: string): SavedCartLink | undefined {
  const opened = openToken("saved-cart", token, secret);
  if (opened === undefined) return undefined;
  const [cart_id, user_id, step, expires_at_ms] = v.parse(content, JSON.parse(opened));
  return { cart_id, user_id, step, expires_at_ms };
}
