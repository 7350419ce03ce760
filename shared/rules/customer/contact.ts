/**
 * A contact: all that is known about a person, from an account here or from events of other systems. Facts may arrive
 * in any order and give the same contact. Counts add up. Two statements about one field are compared by weight and
 * time, so the order of arrival plays no part.
 */
import type { Worth } from "./order-worth.ts";
import { addNet } from "./order-worth.ts";

/** The document `contacts/{user_id}`. */
export interface Contact {
  user_id: string;
  email?: string;
  name?: string;
  /** Time of the earliest sign-up. */
  signed_up_at_ms?: number;
  /** Number of orders placed. */
  orders: number;
  last_order_at_ms?: number;
  /** Payments less refunds in minor units, by currency. No currency has the amount 0. */
  spent_minor: Record<string, number>;
  segment?: string;
  banned: boolean;
  /** The source of each of these fields. */
  said: { email?: WeightedSource; name?: WeightedSource; segment?: WeightedSource };
}

/** The time of a fact and the id of its event. */
export interface FactSource {
  at_ms: number;
  id: string;
}

/** The source of a field's value. The source with more weight wins, then the later one, then the greater id. */
export interface WeightedSource extends FactSource {
  weight: number;
}

/** Weight of an address in an order. */
const ORDER_WEIGHT = 0;
/** Weight of the account itself. An account's address wins even when a later order names another one. */
const ACCOUNT_WEIGHT = 1;

/** Creates the contact to start from when no document is stored. */
export function emptyContact(userId: string): Contact {
  return { user_id: userId, orders: 0, spent_minor: {}, banned: false, said: {} };
}

/** Applies user.signed_up. */
export function signedUp(
  contact: Contact,
  { email, name }: { email: string; name?: string },
  source: FactSource,
): Contact {
  const account = { weight: ACCOUNT_WEIGHT, ...source };
  const named = name === undefined ? contact : withSourcedField(contact, "name", name, account);
  const since = Math.min(source.at_ms, contact.signed_up_at_ms ?? source.at_ms);
  return { ...withSourcedField(named, "email", email, account), signed_up_at_ms: since };
}

/** Applies order.placed: the report may add an address. The balance of the order counts the order itself. */
export function ordered(contact: Contact, { email }: { email?: string }, source: FactSource): Contact {
  const addressed =
    email === undefined
      ? contact
      : withSourcedField(contact, "email", email, { weight: ORDER_WEIGHT, ...source });
  const last = Math.max(source.at_ms, contact.last_order_at_ms ?? source.at_ms);
  return { ...addressed, last_order_at_ms: last };
}

/** Applies the change of an order's worth. */
export function counted(
  contact: Contact,
  { orders, net_minor }: Pick<Worth, "orders" | "net_minor">,
): Contact {
  return {
    ...contact,
    orders: contact.orders + orders,
    spent_minor: addNet(contact.spent_minor, net_minor),
  };
}

/** Applies user.segment_changed. */
export function segmented(contact: Contact, segment: string, source: FactSource): Contact {
  return withSourcedField(contact, "segment", segment, { weight: ACCOUNT_WEIGHT, ...source });
}

/** Applies user.banned. No event lifts a ban. */
export function banned(contact: Contact): Contact {
  return { ...contact, banned: true };
}

/** Sets a field, unless its value has a source that wins. */
function withSourcedField(
  contact: Contact,
  field: keyof Contact["said"],
  value: string,
  source: WeightedSource,
): Contact {
  const before = contact.said[field];
  if (before && compareSources(before, source) >= 0) return contact;
  return { ...contact, [field]: value, said: { ...contact.said, [field]: source } };
}

function compareSources(a: WeightedSource, b: WeightedSource): number {
  return a.weight - b.weight || a.at_ms - b.at_ms || (a.id < b.id ? -1 : Number(a.id > b.id));
}
