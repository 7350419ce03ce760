import { contactOrders, contacts, users } from "../../collections.ts";
import { canonicalJson } from "../../events/canonical-json.ts";
import { eventMoney } from "../../events/event-money.ts";
import { documentRef, firestore } from "../../google/firestore.ts";
import { ledgerId, ledgerRef } from "../../pipeline/records/ledger.ts";
import type { LedgerEntry } from "../../pipeline/records/ledger-entry.ts";
import type { Work } from "../../pipeline/work.ts";
import type { Contact } from "../../rules/customer/contact.ts";
import { banned, counted, emptyContact, ordered, segmented, signedUp } from "../../rules/customer/contact.ts";
import type { OrderWorth } from "../../rules/customer/order-worth.ts";
import { NO_ORDER_WORTH, orderWorthAfter } from "../../rules/customer/order-worth.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { PageInput } from "../closing/page-step.ts";
import { recordRepair } from "../closing/repair.ts";
import { LISTENERS } from "./listeners.ts";
import type { Reconciled } from "./reconciled-events.ts";
import { byReceipt, reconciledEvents } from "./reconciled-events.ts";

/** The reaction that writes the contacts. */
const CRM = "crm";

const NO_FACTS: ContactFacts = { events: [], balances: [], worths: [] };

type Page = Pick<PageInput, "dayClosing" | "day" | "run">;

/**
 * Compares the contacts of users with all their events. A contact is the sum of its events, so a wrong contact can be
 * repaired. A contact with an event that still waits to be handled is reported only.
 */
export async function checkContacts(userIds: readonly string[], page: Page, work: Work): Promise<Finding[]> {
  if (userIds.length === 0) return [];
  const { cut_off_ms } = page.dayClosing;
  const facts = await contactFacts(userIds, cut_off_ms);
  const suspects = await suspectsAmong(userIds, facts, cut_off_ms);
  if (suspects.length === 0) return [];
  const [accounts, stored] = await Promise.all([
    work.getAll(users, suspects),
    work.getAll(contacts, suspects),
  ]);
  const findings: Finding[] = [];
  for (const [index, id] of suspects.entries()) {
    const own = facts.get(id) ?? NO_FACTS;
    const [before, after] = [stored[index], contactOf(id, own)];
    // An erased user has no contact.
    if (accounts[index]?.erased_at_ms !== undefined || isSame(before, after)) continue;
    const names = [...own.events, ...own.balances].sort(byReceipt).map(({ name }) => name);
    const texts = { expected: contactText(after), found: contactText(before) };
    findings.push({ kind: "contact", about: id, ...texts, events: names });
    if (await isAllHandled(own)) repairContact(id, { before, after }, page, work);
  }
  return findings;
}

/** Finds the users whose contact differs, by a read outside the unit of work. */
async function suspectsAmong(
  userIds: readonly string[],
  facts: ReadonlyMap<string, ContactFacts>,
  cutOffMs: number,
): Promise<string[]> {
  const stored = await firestore().getAll(...userIds.map(id => documentRef(contacts, id)));
  return userIds.filter((id, index) => {
    const document = stored[index];
    // A later change belongs to an event of the next day, so the next day's closing compares this contact.
    const isLater = (document?.updateTime?.toMillis() ?? 0) >= cutOffMs;
    const own = facts.get(id);
    return !isLater && own && !isSame(document?.data() as Contact | undefined, contactOf(id, own));
  });
}

function repairContact(
  id: string,
  { before, after }: { before: Contact | undefined; after: Contact },
  { day, run }: Page,
  work: Work,
): void {
  work.set(contacts, id, after);
  const values = { before: before ? countsIn(before) : null, after: countsIn(after) };
  recordRepair({ target: `contacts/${id}`, ...values }, { closing: { day, run }, work });
}

/** Returns the fields kept permanently in a repair record. Names and addresses are personal data and left out. */
function countsIn({ orders, spent_minor, segment, banned: isBanned }: Contact) {
  return { orders, spent_minor, segment: segment ?? null, banned: isBanned };
}

/** The facts from which a contact is derived. */
interface ContactFacts {
  /** Events that name the user, without balances, in the order of their receipt. */
  events: Reconciled[];
  /** Balance facts of the user's orders. */
  balances: Reconciled[];
  /** The orders whose buyer is the user. */
  worths: OrderWorth[];
}

/** Reads the facts of each user's contact. */
async function contactFacts(
  userIds: readonly string[],
  cutOffMs: number,
): Promise<Map<string, ContactFacts>> {
  const [own, known] = await Promise.all([reconciledEvents("user_id", userIds, cutOffMs), ordersOf(userIds)]);
  const orderIds = new Set([...own.flatMap(({ order_id }) => order_id ?? []), ...known]);
  const ofOrders = await reconciledEvents("order_id", [...orderIds], cutOffMs);
  const facts = new Map<string, ContactFacts>(
    [...new Set(own.map(({ user_id = "" }) => user_id))].map(id => [
      id,
      { events: [], balances: [], worths: [] },
    ]),
  );
  for (const event of own) {
    if (!event.balance) facts.get(event.user_id ?? "")?.events.push(event);
  }
  for (const events of Map.groupBy(ofOrders, ({ order_id = "" }) => order_id).values()) {
    const balances = events.filter(({ balance }) => balance);
    const worth = worthOf(balances);
    const buyer = facts.get(worth.user_id ?? "");
    buyer?.worths.push(worth);
    buyer?.balances.push(...balances);
  }
  return facts;
}

function worthOf(balances: readonly Reconciled[]): OrderWorth {
  return balances.reduce(
    (worth, { balance }) => (balance ? orderWorthAfter(worth, balance, eventMoney) : worth),
    NO_ORDER_WORTH,
  );
}

/** Finds the orders of these users, also those whose events name no user. */
async function ordersOf(userIds: readonly string[]): Promise<string[]> {
  const { docs } = await firestore()
    .collection(contactOrders.name)
    .where("user_id", "in", [...userIds])
    .select("user_id")
    .get();
  return docs.map(document => document.id);
}

/** Builds a contact from its facts. */
function contactOf(userId: string, { events, worths }: ContactFacts): Contact {
  let contact = emptyContact(userId);
  for (const { type, source, email, named, segment } of events) {
    if (type === "user.signed_up" && email !== undefined)
      contact = signedUp(contact, { email, name: named }, source);
    if (type === "user.segment_changed" && segment !== undefined)
      contact = segmented(contact, segment, source);
    if (type === "user.banned") contact = banned(contact);
    if (type === "order.placed") contact = ordered(contact, { email }, source);
  }
  return worths.reduce(counted, contact);
}

function isSame(one: Contact | undefined, other: Contact): boolean {
  return one !== undefined && canonicalJson({ ...one }) === canonicalJson({ ...other });
}

function contactText(contact: Contact | undefined): string {
  if (!contact) return "none";
  const { orders: count, spent_minor, segment = "no segment" } = contact;
  const spent = Object.entries(spent_minor).sort();
  const amounts = spent.map(([currency, minor]) => `${minor} minor units of ${currency}`).join(", ");
  return `${count} orders, ${amounts || "nothing"} spent, ${segment}`;
}

/**
 * Tells whether the reaction has handled every event of a contact. After a repair, an event still to be handled would
 * count twice. A dropped event was left out by an operator.
 */
async function isAllHandled({ events, balances }: ContactFacts): Promise<boolean> {
  const listened: readonly string[] = LISTENERS[CRM];
  const concerning = [...events, ...balances].filter(({ type }) => listened.includes(type));
  const ids = concerning.map(({ producer, event_id }) => ledgerId(CRM, { producer, id: event_id }));
  if (ids.length === 0) return false;
  const entries = await firestore().getAll(...ids.map(ledgerRef), { fieldMask: ["state"] });
  return entries.every(entry => {
    const { state } = (entry.data() ?? {}) as Partial<LedgerEntry>;
    return state === "done" || state === "skipped";
  });
}
