import { contactOrders, contacts, users } from "../../collections.ts";
import { canonicalJson } from "../../events/canonical-json.ts";
import { documentRef, firestore } from "../../google/firestore.ts";
import { isOwner } from "../../orders/owners.ts";
import { ledgerId, ledgerRef } from "../../pipeline/records/ledger.ts";
import type { LedgerEntry } from "../../pipeline/records/ledger-entry.ts";
import type { Work } from "../../pipeline/work.ts";
import type { Contact } from "../../rules/customer/contact.ts";
import { banned, emptyContact, ordered, paid, segmented, signedUp } from "../../rules/customer/contact.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { PageInput } from "../closing/page-step.ts";
import { recordRepair } from "../closing/repair.ts";
import type { Reconciled } from "./reconciled-events.ts";
import { byReceipt, reconciledEvents } from "./reconciled-events.ts";

/** The reaction that writes the contacts. */
const CRM = "crm";

type Page = Pick<PageInput, "dayClosing" | "day" | "run">;

/**
 * Compares the contacts of users with all their events. A contact is the sum of its events, so a wrong contact can be
 * repaired. A contact with an event that still waits to be handled is reported only.
 */
export async function checkContacts(userIds: readonly string[], page: Page, work: Work): Promise<Finding[]> {
  if (userIds.length === 0) return [];
  const { cut_off_ms } = page.dayClosing;
  const events = await contactEvents(userIds, cut_off_ms);
  const suspects = await suspectsAmong(userIds, events, cut_off_ms);
  if (suspects.length === 0) return [];
  const [accounts, stored] = await Promise.all([
    work.getAll(users, suspects),
    work.getAll(contacts, suspects),
  ]);
  const findings: Finding[] = [];
  for (const [index, id] of suspects.entries()) {
    const own = events.get(id) ?? [];
    const [before, after] = [stored[index], contactOf(id, own)];
    // An erased user has no contact.
    if (accounts[index]?.erased_at_ms !== undefined || isSame(before, after)) continue;
    const names = own.map(({ name }) => name);
    const texts = { expected: contactText(after), found: contactText(before) };
    findings.push({ kind: "contact", about: id, ...texts, events: names });
    if (await isAllHandled(own)) repairContact(id, { before, after }, page, work);
  }
  return findings;
}

/** Finds the users whose contact differs, by a read outside the unit of work. */
async function suspectsAmong(
  userIds: readonly string[],
  events: ReadonlyMap<string, Reconciled[]>,
  cutOffMs: number,
): Promise<string[]> {
  const stored = await firestore().getAll(...userIds.map(id => documentRef(contacts, id)));
  return userIds.filter((id, index) => {
    const document = stored[index];
    // A later change belongs to an event of the next day, so the next day's closing compares this contact.
    const isLater = (document?.updateTime?.toMillis() ?? 0) >= cutOffMs;
    const own = events.get(id);
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

/**
 * Reads the events of each user's contact, in the order of their receipt.
 * @returns no entry for a user with an order that several users claim
 */
async function contactEvents(
  userIds: readonly string[],
  cutOffMs: number,
): Promise<Map<string, Reconciled[]>> {
  const [own, buyers] = await Promise.all([
    reconciledEvents("user_id", userIds, cutOffMs),
    buyersOf(userIds),
  ]);
  const orderIds = new Set([...own.flatMap(({ order_id }) => order_id ?? []), ...buyers.keys()]);
  const allOfOrders = await reconciledEvents("order_id", [...orderIds], cutOffMs);
  const ours = new Set(allOfOrders.filter(isOurs).map(({ order_id }) => order_id));
  // Other producers' events about an order of this shop change no contact.
  const counts = (event: Reconciled) => !ours.has(event.order_id) || isOwner(event.producer);
  const ofOrders = allOfOrders.filter(counts);
  const byUser = Map.groupBy(own.filter(counts), ({ user_id = "" }) => user_id);
  for (const [orderId, events] of Map.groupBy(ofOrders, ({ order_id = "" }) => order_id)) {
    const claimants = new Set(events.flatMap(({ user_id }) => user_id ?? []));
    // The first handled event decides which user has the order, and that sequence is not stored.
    if (claimants.size > 1) for (const user of claimants) byUser.delete(user);
    const [buyer = buyers.get(orderId)] = claimants;
    byUser.get(buyer ?? "")?.push(...events.filter(isPaymentWithoutUser));
  }
  for (const events of byUser.values()) events.sort(byReceipt);
  return byUser;
}

function isOurs({ type, producer }: Reconciled): boolean {
  return type === "order.placed" && isOwner(producer);
}

function isPaymentWithoutUser({ type, user_id }: Reconciled): boolean {
  return type === "order.paid" && user_id === undefined;
}

/** Finds the orders of these users, also those whose events name no user. */
async function buyersOf(userIds: readonly string[]): Promise<Map<string, string>> {
  const { docs } = await firestore()
    .collection(contactOrders.name)
    .where("user_id", "in", [...userIds])
    .select("user_id")
    .get();
  return new Map(docs.map(document => [document.id, String(document.get("user_id"))]));
}

/** Builds a contact from its events. Each order counts once, and so does its payment. */
function contactOf(userId: string, events: readonly Reconciled[]): Contact {
  const [placed, paidFor] = [new Set<string>(), new Set<string>()];
  let contact = emptyContact(userId);
  for (const { type, source, order_id = "", email, named, segment, paid: amount } of events) {
    if (type === "user.signed_up" && email !== undefined)
      contact = signedUp(contact, { email, name: named }, source);
    if (type === "user.segment_changed" && segment !== undefined)
      contact = segmented(contact, segment, source);
    if (type === "user.banned") contact = banned(contact);
    if (type === "order.placed") {
      contact = ordered(contact, { email, isFirst: !placed.has(order_id) }, source);
      placed.add(order_id);
    }
    if (type === "order.paid" && amount && !paidFor.has(order_id)) {
      contact = paid(contact, amount);
      paidFor.add(order_id);
    }
  }
  return contact;
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

/** Events of orders that change no contact. */
const NOT_COUNTED: readonly string[] = ["order.cancelled", "refund.issued", "order.balance_changed"];

/**
 * Tells whether the reaction has handled every event of a contact. After a repair, an event still to be handled would
 * count twice. A dropped event was left out by an operator.
 */
async function isAllHandled(events: readonly Reconciled[]): Promise<boolean> {
  const concerning = events.filter(({ type }) => !NOT_COUNTED.includes(type));
  const ids = concerning.map(({ producer, event_id }) => ledgerId(CRM, { producer, id: event_id }));
  if (ids.length === 0) return false;
  const entries = await firestore().getAll(...ids.map(ledgerRef), { fieldMask: ["state"] });
  return entries.every(entry => {
    const { state } = (entry.data() ?? {}) as Partial<LedgerEntry>;
    return state === "done" || state === "skipped";
  });
}
