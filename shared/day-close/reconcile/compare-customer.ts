import { canonicalJson } from "../../events/canonical-json.ts";
import type { Contact } from "../../rules/customer/contact.ts";
import { banned, counted, emptyContact, ordered, segmented, signedUp } from "../../rules/customer/contact.ts";
import type { OrderWorth } from "../../rules/customer/order-worth.ts";
import type { SegmentRecord, SegmentTerms } from "../../rules/customer/segment.ts";
import { countOrder, firstRecord, segmentNow } from "../../rules/customer/segment.ts";
import type { Statement } from "../../rules/witness.ts";
import { netText, sumText, timeText } from "./compare-worth.ts";
import type { CustomerEvidence } from "./customer-evidence.ts";
import type { Compared } from "./statements.ts";
import { statement } from "./statements.ts";

const BY_CONTACT = "the contact";
const BY_SEGMENT = "the segment";
const BY_EVENTS = "the events";

/** Derives a contact from all events of its user. */
export function contactByEvents({ id, events, worths }: CustomerEvidence): Contact {
  let contact = emptyContact(id);
  for (const { type, source, email, named, segment } of events) {
    if (type === "user.signed_up" && email !== undefined)
      contact = signedUp(contact, { email, name: named }, source);
    if (type === "user.segment_changed" && segment !== undefined)
      contact = segmented(contact, segment, source);
    if (type === "user.banned") contact = banned(contact);
    if (type === "order.placed") contact = ordered(contact, { email }, source);
  }
  return worths.balances.reduce(counted, contact);
}

/** A value of a document, with the name of the value. */
type NamedValue = Compared & { name: string };

/** Lists the values of a contact, each with its witnesses. */
export function contactValues(evidence: CustomerEvidence): NamedValue[] {
  const { id, contact, segment, account, worths, last_order_at_ms } = evidence;
  const { data } = contact;
  const right = contactByEvents(evidence);
  const values: Record<string, { of(one: Contact): string | undefined; witnesses?: Statement[] }> = {
    orders: { of: one => String(one.orders), witnesses: sumStatements(worths, "orders") },
    spent: { of: one => netText(one.spent_minor), witnesses: sumStatements(worths, "net_minor") },
    segment: {
      of: one => one.segment ?? "new",
      witnesses: segment.data ? [statement(BY_SEGMENT, segment.data.segment)] : [],
    },
    ban: {
      of: one => (one.banned ? "banned" : "not banned"),
      witnesses: account ? [statement("the account", account.banned ? "banned" : "not banned")] : [],
    },
    address: { of: one => hidden(one.email), witnesses: confirmation(right.email, account?.email) },
    name: { of: one => hidden(one.name), witnesses: confirmation(right.name, account?.name) },
    "sign-up": {
      of: one => timeText(one.signed_up_at_ms),
      witnesses: confirmation(timeText(right.signed_up_at_ms), timeText(account?.signed_up_at_ms)),
    },
    "last order": {
      of: one => timeText(one.last_order_at_ms),
      witnesses: confirmation(timeText(right.last_order_at_ms), timeText(last_order_at_ms)),
    },
    // The sources of a missing contact follow from its other values.
    ...(data ? { sources: { of: (one: Contact) => hidden(canonicalJson({ ...one.said })) } } : {}),
  };
  return Object.entries(values).map(([name, { of, witnesses = [] }]) => ({
    name,
    kind: "contact",
    about: id,
    stored: statement(BY_CONTACT, data && of(data)),
    witnesses: [statement(BY_EVENTS, of(right)), ...witnesses],
    // A missing contact is a difference as soon as an event has set one of its values.
    absent: of(emptyContact(id)),
    isDerived: true,
  }));
}

/** Returns a text in place of personal data: equal texts stay equal. A finding is kept permanently. */
function hidden(text: string | undefined): string {
  if (text === undefined) return "none";
  let sum = 0;
  for (const character of text) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003;
  return `a text (${sum})`;
}

/** Returns the statement of a document that may follow other facts as well: it confirms a value or says nothing. */
function confirmation(value: string | undefined, other: string | undefined): Statement[] {
  return value !== undefined && value === other
    ? [statement("the account or an order", hiddenOr(value))]
    : [];
}

const TIME = /^\d{4}-|^never$/;

function hiddenOr(value: string): string {
  return TIME.test(value) ? value : hidden(value);
}

function sumStatements(
  { contact_orders, segment_orders, orders }: CustomerEvidence["worths"],
  name: "orders" | "paid_orders" | "net_minor",
): Statement[] {
  return [
    statement("the contact's orders", sumText(contact_orders, name)),
    statement("the segment's orders", sumText(segment_orders, name)),
    statement("the orders", sumText(orders, name)),
  ];
}

/** Derives a segment record from the balances of its user's orders. */
export function segmentByEvents({ id, worths }: CustomerEvidence, terms: SegmentTerms): SegmentRecord {
  const paid = worths.balances.filter(isPayment);
  return segmentNow(
    paid.reduce((record, worth) => countOrder(record, worth, worth.last_paid_at_ms), firstRecord(id)),
    terms,
  );
}

function isPayment({ last_paid_at_ms, paid_orders, net_minor }: OrderWorth): boolean {
  return last_paid_at_ms !== undefined || paid_orders !== 0 || Object.keys(net_minor).length > 0;
}

/** Lists the values of a segment record, each with its witnesses. */
export function segmentValues(evidence: CustomerEvidence, terms: SegmentTerms): NamedValue[] {
  const { id, segment, contact, worths } = evidence;
  const { data } = segment;
  const right = segmentByEvents(evidence, terms);
  const said = contactByEvents(evidence).segment;
  const value = (name: string, of: (one: SegmentRecord) => string, witnesses: Statement[]): NamedValue => ({
    name,
    kind: "segment",
    about: id,
    stored: statement(BY_SEGMENT, data && of(data)),
    witnesses: [statement(BY_EVENTS, of(right)), ...witnesses],
    // A customer without a payment has no record.
    absent: of(firstRecord(id)),
    isDerived: true,
  });
  const lastPaid = latest(worths.segment_orders);
  const lapse = (one: SegmentRecord) => timeText(one.lapses_at_ms);
  return [
    value("paid orders", one => String(one.orders), sumStatements(worths, "paid_orders")),
    value("net", one => netText(one.net_minor), sumStatements(worths, "net_minor")),
    value("last payment", one => timeText(one.last_paid_at_ms), [
      statement("the segment's orders", lastPaid),
    ]),
    value("segment", one => one.segment, [
      statement(BY_CONTACT, contact.data?.segment),
      statement("user.segment_changed", said),
    ]),
    value(
      "lapse",
      lapse,
      lastPaid === timeText(right.last_paid_at_ms) ? [statement("the segment's orders", lapse(right))] : [],
    ),
  ];
}

function latest(worths: readonly OrderWorth[]): string | undefined {
  const times = worths.flatMap(({ last_paid_at_ms }) => last_paid_at_ms ?? []);
  return times.length === 0 ? undefined : timeText(Math.max(...times));
}
