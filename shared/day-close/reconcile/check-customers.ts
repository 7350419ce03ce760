import { contacts, segments } from "../../collections.ts";
import { segmentTerms } from "../../customers/segment-change.ts";
import { firestore } from "../../google/firestore.ts";
import { ledgerId, ledgerRef } from "../../pipeline/records/ledger.ts";
import type { LedgerEntry } from "../../pipeline/records/ledger-entry.ts";
import type { Work } from "../../pipeline/work.ts";
import type { Contact } from "../../rules/customer/contact.ts";
import { judge } from "../../rules/witness.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { PageInput } from "../closing/page-step.ts";
import { recordRepair, repairDocument } from "../closing/repair.ts";
import { contactByEvents, contactValues, segmentByEvents, segmentValues } from "./compare-customer.ts";
import type { CustomerEvidence } from "./customer-evidence.ts";
import { readCustomerEvidence } from "./customer-evidence.ts";
import type { Reconciled } from "./reconciled-events.ts";
import { byReceipt } from "./reconciled-events.ts";
import type { Compared } from "./statements.ts";
import { documentFinding } from "./statements.ts";

type Page = Pick<PageInput, "dayClosing" | "day" | "run">;

/**
 * Compares the contacts and segments of users with all their events and with the documents of their orders. A document
 * is repaired when two witnesses agree against each wrong value, and every event was handled.
 */
export async function checkCustomers(userIds: readonly string[], page: Page, work: Work): Promise<Finding[]> {
  const { cut_off_ms } = page.dayClosing;
  const findings: Finding[] = [];
  for (const evidence of await readCustomerEvidence(userIds, cut_off_ms)) {
    // An erased person has no contact.
    if (evidence.account?.erased_at_ms !== undefined) continue;
    const unreadable = unreadableFinding(evidence);
    if (unreadable) findings.push(unreadable);
    else
      findings.push(
        ...(await checkContact(evidence, page, work)),
        ...(await checkSegment(evidence, page, work)),
      );
  }
  return findings;
}

/** Names a user with a document that the rules cannot read: it must not stop the closing. */
function unreadableFinding(evidence: CustomerEvidence): Finding | undefined {
  try {
    contactValues(evidence);
    segmentValues(evidence, segmentTerms(0));
    return undefined;
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { kind: "contact", about: evidence.id, expected: "documents that the rules can read", found };
  }
}

async function checkContact(evidence: CustomerEvidence, { day, run }: Page, work: Work): Promise<Finding[]> {
  const { id, contact, events, balances } = evidence;
  const isUnknown = events.length === 0 && balances.length === 0 && contact.data === undefined;
  // A change after the cut-off belongs to an event of the next day, so the next closing compares this document.
  if (contact.isLater || isUnknown) return [];
  const values = contactValues(evidence);
  const finding = documentFinding(
    { kind: "contact", about: id, events: namesOf([...events, ...balances]) },
    values,
  );
  if (!finding || !isOutvoted(values)) return finding ? [finding] : [];
  const before = await work.get(contacts, id);
  if (!isSame(before, contact.data) || !(await isAllHandled("crm", evidence))) return [finding];
  const after = contactByEvents(evidence);
  work.set(contacts, id, after);
  const counts = { before: before ? countsIn(before) : null, after: countsIn(after) };
  recordRepair({ target: `contacts/${id}`, ...counts }, { closing: { day, run }, work });
  return [finding];
}

async function checkSegment(evidence: CustomerEvidence, page: Page, work: Work): Promise<Finding[]> {
  const { day, run, dayClosing } = page;
  const { id, segment, balances } = evidence;
  const isUnknown = balances.length === 0 && segment.data === undefined;
  if (segment.isLater || isUnknown) return [];
  const terms = segmentTerms(dayClosing.started_at_ms);
  const values = segmentValues(evidence, terms);
  const finding = documentFinding({ kind: "segment", about: id, events: namesOf(balances) }, values);
  if (!finding || !isOutvoted(values)) return finding ? [finding] : [];
  const before = await work.get(segments, id);
  if (!isSame(before, segment.data) || !(await isAllHandled("segments", evidence))) return [finding];
  const after = segmentByEvents(evidence, terms);
  repairDocument(segments, { id, before, after }, { closing: { day, run }, work });
  return [finding];
}

/** Tells whether two witnesses or more agree against each value that differs. */
function isOutvoted(values: readonly Compared[]): boolean {
  return values
    .map(({ stored, witnesses, absent }) => judge(stored, witnesses, absent))
    .every(({ agrees, right }) => agrees || right !== undefined);
}

function namesOf(events: readonly Reconciled[]): string[] {
  return [...events].sort(byReceipt).map(({ name }) => name);
}

function isSame(one: object | undefined, other: object | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Returns the fields kept permanently in a repair record. Names and addresses are personal data and left out. */
function countsIn({ orders, spent_minor, segment, banned: isBanned }: Contact) {
  return { orders, spent_minor, segment: segment ?? null, banned: isBanned };
}

/** The event types about a user that each reaction follows. */
const FOLLOWED: Readonly<Record<"crm" | "segments", readonly Reconciled["type"][]>> = {
  crm: ["user.signed_up", "user.banned", "user.segment_changed", "order.placed", "order.balance_changed"],
  segments: ["order.balance_changed"],
};

/**
 * Tells whether the reaction has handled every event of a user. After a repair, an event still to be handled would count
 * twice. A dropped event was left out by an operator.
 */
async function isAllHandled(
  by: keyof typeof FOLLOWED,
  { events, balances }: CustomerEvidence,
): Promise<boolean> {
  const concerning = [...events, ...balances].filter(({ type }) => FOLLOWED[by].includes(type));
  const ids = concerning.map(({ producer, event_id }) => ledgerId(by, { producer, id: event_id }));
  if (ids.length === 0) return false;
  const entries = await firestore().getAll(...ids.map(ledgerRef), { fieldMask: ["state"] });
  return entries.every(entry => {
    const { state } = (entry.data() ?? {}) as Partial<LedgerEntry>;
    return state === "done" || state === "skipped";
  });
}
