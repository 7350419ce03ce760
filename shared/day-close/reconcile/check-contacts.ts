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
import { recordRepair } from "../closing/repair.ts";
import type { PageStart } from "../closing/step.ts";
import type { Reconciled } from "./reconciled-events.ts";
import { compareHeard, reconciledEvents } from "./reconciled-events.ts";

/** The reaction that keeps the contacts. */
const CRM = "crm";

/**
 * Compares the contacts of users with all that was heard of them, and puts them right where nothing of it is still to
 * be handled: a contact is nothing but what its events add up to.
 */
export async function checkContacts(
  userIds: readonly string[],
  { night, day, run }: Pick<PageStart, "night" | "day" | "run">,
  work: Work,
): Promise<Finding[]> {
  if (userIds.length === 0) return [];
  const heard = await heardOf(userIds, night.cut_off_ms);
  const stored = await firestore().getAll(...userIds.map(id => documentRef(contacts, id)));
  const suspects = userIds.filter((id, index) => {
    const document = stored[index];
    // What changed after the cut-off was heard of on the next day: that day's night compares it.
    const isLater = (document?.updateTime?.toMillis() ?? 0) >= night.cut_off_ms;
    const events = heard.get(id);
    return !isLater && events && !isSame(document?.data() as Contact | undefined, contactOf(id, events));
  });
  if (suspects.length === 0) return [];
  const [accounts, before] = await Promise.all([
    work.getAll(users, suspects),
    work.getAll(contacts, suspects),
  ]);
  const findings: Finding[] = [];
  for (const [index, id] of suspects.entries()) {
    const events = heard.get(id) ?? [];
    const [was, right] = [before[index], contactOf(id, events)];
    // Of somebody who was erased nothing is kept.
    if (accounts[index]?.erased_at_ms !== undefined || isSame(was, right)) continue;
    const names = events.map(({ name }) => name);
    findings.push({ kind: "contact", about: id, expected: shown(right), found: shown(was), events: names });
    if (!(await isAllHandled(events))) continue;
    work.set(contacts, id, right);
    const target = `contacts/${id}`;
    recordRepair(
      { target, before: was ? counts(was) : null, after: counts(right) },
      { closing: { day, run }, work },
    );
  }
  return findings;
}

/** What is kept on record for good: names and addresses are a person's own. */
function counts({ orders, spent_minor, segment, banned: isBanned }: Contact) {
  return { orders, spent_minor, segment: segment ?? null, banned: isBanned };
}

/** What goes into each user's contact, in the order in which it was heard; a user whose orders others claim has none. */
async function heardOf(userIds: readonly string[], cutOffMs: number): Promise<Map<string, Reconciled[]>> {
  const [own, buyers] = await Promise.all([
    reconciledEvents("user_id", userIds, cutOffMs),
    buyersOf(userIds),
  ]);
  const orderIds = new Set([...own.flatMap(({ order_id }) => order_id ?? []), ...buyers.keys()]);
  const allOfOrders = await reconciledEvents("order_id", [...orderIds], cutOffMs);
  const ours = new Set(allOfOrders.filter(isOurs).map(({ order_id }) => order_id));
  // What others say of an order that was taken here goes into no contact.
  const counts = (event: Reconciled) => !ours.has(event.order_id) || isOwner(event.producer);
  const ofOrders = allOfOrders.filter(counts);
  const heard = Map.groupBy(own.filter(counts), ({ user_id = "" }) => user_id);
  for (const [orderId, events] of Map.groupBy(ofOrders, ({ order_id = "" }) => order_id)) {
    const said = new Set(events.flatMap(({ user_id }) => user_id ?? []));
    // Which of them was handled first decides whose it is: nobody can tell afterwards.
    if (said.size > 1) for (const user of said) heard.delete(user);
    const [buyer = buyers.get(orderId)] = said;
    heard.get(buyer ?? "")?.push(...events.filter(isPaymentOfNobody));
  }
  for (const events of heard.values()) events.sort(compareHeard);
  return heard;
}

function isOurs({ type, producer }: Reconciled): boolean {
  return type === "order.placed" && isOwner(producer);
}

function isPaymentOfNobody({ type, user_id }: Reconciled): boolean {
  return type === "order.paid" && user_id === undefined;
}

/** The orders that belong to these users although no event of them may say so. */
async function buyersOf(userIds: readonly string[]): Promise<Map<string, string>> {
  const { docs } = await firestore()
    .collection(contactOrders.name)
    .where("user_id", "in", [...userIds])
    .select("user_id")
    .get();
  return new Map(docs.map(document => [document.id, String(document.get("user_id"))]));
}

/** Each order counts once, and so does its payment. */
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

function shown(contact: Contact | undefined): string {
  if (!contact) return "none";
  const { orders: count, spent_minor, segment = "no segment" } = contact;
  const spent = Object.entries(spent_minor).sort();
  const amounts = spent.map(([currency, minor]) => `${minor} minor ${currency}`).join(", ") || "nothing";
  return `${count} orders, ${amounts} spent, ${segment}`;
}

/** What is still to be handled would count a second time; what was dropped, a person has decided about. */
async function isAllHandled(events: readonly Reconciled[]): Promise<boolean> {
  const concerning = events.filter(({ type }) => type !== "order.cancelled" && type !== "refund.issued");
  const ids = concerning.map(({ producer, event_id }) => ledgerId(CRM, { producer, id: event_id }));
  if (ids.length === 0) return false;
  const entries = await firestore().getAll(...ids.map(ledgerRef), { fieldMask: ["state"] });
  return entries.every(entry => {
    const { state } = (entry.data() ?? {}) as Partial<LedgerEntry>;
    return state === "done" || state === "skipped";
  });
}
