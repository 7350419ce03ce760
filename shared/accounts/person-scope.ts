import { isJsonObject } from "../events/json-object.ts";

/** A person and the ids to look for: the user id, or ids of some orders or reviews. */
export interface PersonScope {
  /** Absent: a guest, of whom only orders are known. */
  user_id?: string;
  kind: "person" | "orders" | "reviews";
  ids: readonly string[];
}

/** Owner of people, orders and reviews: a command's answer about such an id comes from this function. */
const OWNER: Readonly<Record<PersonScope["kind"], string>> = {
  person: "accounts",
  orders: "checkout",
  reviews: "products",
};

// A user, an order and a product of other systems may all have the id 123. The key of a document only suggests that it
// is about the person; its content decides.

/** Tells whether an event, or an unreadable message that was kept as one, is about the person. */
export function isEventAbout({ user_id, kind, ids }: PersonScope, event: unknown): boolean {
  if (!isJsonObject(event)) return kind === "person";
  const user = event["user_id"] ?? event["userId"];
  if (user !== undefined) return String(user) === user_id;
  return kind === "orders" && ids.includes(String(event["order_id"] ?? event["orderId"]));
}

/** Tells whether the data of an effect names the person. */
export function isEffectAbout({ user_id, kind, ids }: PersonScope, data: unknown): boolean {
  const users = valuesOf("user_id", data);
  if (users.length > 0) return user_id !== undefined && users.includes(user_id);
  return kind === "orders" && valuesOf("order_id", data).some(id => ids.includes(String(id)));
}

/** Tells whether an answer of this owner is about the person. */
export function isAnswerAbout({ kind }: PersonScope, by: string): boolean {
  return by === OWNER[kind];
}

function valuesOf(name: string, value: unknown): unknown[] {
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, one]) => (key === name ? [one] : valuesOf(name, one)));
}

/** Parses stored JSON; a text that is no JSON is returned as the text. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
