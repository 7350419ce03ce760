import { isJsonObject } from "../events/json-object.ts";

/** Whose data is looked for, and by which ids: the person's own, or those of some of their orders or reviews. */
export interface About {
  user_id: string;
  kind: "person" | "orders" | "reviews";
  ids: readonly string[];
}

/** Who decides about people, orders, reviews: an answer about an id is theirs. */
const OWNER: Readonly<Record<About["kind"], string>> = {
  person: "accounts",
  orders: "checkout",
  reviews: "products",
};

// A user, an order and a product of other systems may all be called 123. Whose something is, is therefore looked up in
// it: the key under which it was found only says that it may be.

/** Whether an event, or the message it should have been, is about them. */
export function isEventAbout({ user_id, kind, ids }: About, event: unknown): boolean {
  if (!isJsonObject(event)) return kind === "person";
  const user = event["user_id"] ?? event["userId"];
  if (user !== undefined) return String(user) === user_id;
  return kind === "orders" && ids.includes(String(event["order_id"] ?? event["orderId"]));
}

/** Whether what an effect was planned with names them. */
export function isEffectAbout({ user_id, kind, ids }: About, data: unknown): boolean {
  const users = valuesOf("user_id", data);
  if (users.length > 0) return users.includes(user_id);
  return kind === "orders" && valuesOf("order_id", data).some(id => ids.includes(String(id)));
}

/** Whether an answer that was given by this owner is about them. */
export function isAnswerAbout({ kind }: About, by: string): boolean {
  return by === OWNER[kind];
}

function valuesOf(name: string, value: unknown): unknown[] {
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, one]) => (key === name ? [one] : valuesOf(name, one)));
}

/** Kept JSON; what cannot be read is text. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
