/**
 * What is known about a person, whoever told it: an account here, or only events of other systems. Facts come in any
 * order and end in the same contact: counts add up, and of two words about one thing the one that was said later
 * stands, whichever came first.
 */

/** The document `contacts/{user_id}`. */
export interface Contact {
  user_id: string;
  email?: string;
  name?: string;
  /** The earliest that was heard of. */
  signed_up_at_ms?: number;
  orders: number;
  last_order_at_ms?: number;
  /** What was paid, in minor units by currency. */
  spent_minor: Record<string, number>;
  segment?: string;
  banned: boolean;
  /** Whose word each of these is. */
  said: { email?: Word; name?: Word; segment?: Word };
}

/** The document `contact_orders/{order_id}`: an order may be reported again under another event id. */
export interface ContactOrder {
  user_id?: string;
  placed?: true;
  paid?: true;
}

/** Of two words the one of more weight stands, then the later one; the id decides what happened together. */
export interface Word {
  weight: number;
  at_ms: number;
  id: string;
}

/** When it happened, and the event that says so. */
export interface Source {
  at_ms: number;
  id: string;
}

/** What an account says of itself stands, however late an order names another address. */
const OF_ORDER = 0;
const OF_ACCOUNT = 1;

export function emptyContact(userId: string): Contact {
  return { user_id: userId, orders: 0, spent_minor: {}, banned: false, said: {} };
}

/** user.signed_up */
export function signedUp(
  contact: Contact,
  { email, name }: { email: string; name?: string | undefined },
  source: Source,
): Contact {
  const word = { weight: OF_ACCOUNT, ...source };
  const named = name === undefined ? contact : say(contact, "name", name, word);
  const since = Math.min(source.at_ms, contact.signed_up_at_ms ?? source.at_ms);
  return { ...say(named, "email", email, word), signed_up_at_ms: since };
}

/** order.placed; every report may tell more, but only the first of an order counts it. */
export function ordered(
  contact: Contact,
  { email, isFirst }: { email?: string | undefined; isFirst: boolean },
  source: Source,
): Contact {
  const reached =
    email === undefined ? contact : say(contact, "email", email, { weight: OF_ORDER, ...source });
  const last = Math.max(source.at_ms, contact.last_order_at_ms ?? source.at_ms);
  return { ...reached, orders: contact.orders + (isFirst ? 1 : 0), last_order_at_ms: last };
}

/** order.paid, the first of its order. */
export function paid(contact: Contact, { amount_minor, currency }: Spent): Contact {
  const before = contact.spent_minor[currency] ?? 0;
  return { ...contact, spent_minor: { ...contact.spent_minor, [currency]: before + amount_minor } };
}

interface Spent {
  amount_minor: number;
  currency: string;
}

/** user.segment_changed */
export function segmented(contact: Contact, segment: string, source: Source): Contact {
  return say(contact, "segment", segment, { weight: OF_ACCOUNT, ...source });
}

/** user.banned: nobody is let in again. */
export function banned(contact: Contact): Contact {
  return { ...contact, banned: true };
}

function say(contact: Contact, field: keyof Contact["said"], value: string, word: Word): Contact {
  const before = contact.said[field];
  if (before && compare(before, word) >= 0) return contact;
  return { ...contact, [field]: value, said: { ...contact.said, [field]: word } };
}

function compare(a: Word, b: Word): number {
  return a.weight - b.weight || a.at_ms - b.at_ms || (a.id < b.id ? -1 : Number(a.id > b.id));
}
