import { PermanentError } from "../../errors.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { eventMoney } from "../../events/event-money.ts";
import { factId } from "../../events/fact-id.ts";
import { happenedAt } from "../../events/happened-at.ts";
import type { QuerySnapshot } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";
import { placedReport } from "../../orders/placed-report.ts";
import { factTime } from "../../orders/reported-order.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import { archivedEvents, archivedIn } from "../../pipeline/records/archived-event.ts";
import { judgeEvents } from "../../producers/judge-events.ts";
import type { FactSource } from "../../rules/customer/contact.ts";
import type { ExpectedOrderFact } from "../../rules/order/expected-order.ts";
import { claimedMinor } from "../../rules/order/reports.ts";
import type { StockItem } from "../../rules/stock/stock.ts";
import { isCopy } from "../closing/archive-copies.ts";
import type { ReconciledEvent } from "./index-fields.ts";
import { isReconciled } from "./index-fields.ts";

/** The fields of an archived event that reconciliation needs: few, so that many events fit into memory. */
export interface Reconciled {
  /** Producer and id. */
  name: string;
  producer: string;
  event_id: string;
  type: ReconciledEvent["event_type"];
  received_at_ms: number;
  source: FactSource;
  user_id?: string;
  order_id?: string;
  /** Present for an event about an order. */
  fact?: ExpectedOrderFact;
  /** Present for order.placed. */
  placed?: PlacedFact;
  /** Present for a payment. */
  paid?: { amount_minor: number; currency: string };
  /** Present when the event names an address. */
  email?: string;
  /** The name of a user who signed up. */
  named?: string;
  segment?: string;
  /** Present for a change of an order's balance. */
  balance?: BalanceFact;
}

/** The content of order.placed that the order's document repeats. */
export interface PlacedFact {
  items: StockItem[];
  /** Absent: no total, or one that the currency cannot have. */
  total_minor?: number;
  currency: string;
}

/** A change of an order's balance. */
export type BalanceFact = PulseCartEvent<"order.balance_changed">;

/** Max values that one Firestore query compares with (https://cloud.google.com/firestore/quotas). */
export const MAX_VALUES = 30;

/** Events per read: 32 MiB when each has 256 KiB, the largest size; typically 200 KB in total. */
const EVENTS_PER_PAGE = 125;

/**
 * Reads the events of these orders or users that were archived before a time. Facts of other owners are left out.
 * @returns the events in the order of their receipt
 */
export async function reconciledEvents(
  field: "order_id" | "user_id",
  ids: readonly string[],
  beforeMs: number,
): Promise<Reconciled[]> {
  const found: Reconciled[] = [];
  for (let at = 0; at < ids.length; at += MAX_VALUES) {
    const all = firestore()
      .collection(archivedEvents.name)
      .where(field, "in", ids.slice(at, at + MAX_VALUES))
      .orderBy("__name__")
      .select("event", "producer", "event_id", "event_type")
      .limit(EVENTS_PER_PAGE);
    let page = await all.get();
    found.push(...(await reconciledIn(page, beforeMs)));
    for (let last = page.docs.at(-1); last && page.size === EVENTS_PER_PAGE; last = page.docs.at(-1)) {
      page = await all.startAfter(last.id).get();
      found.push(...(await reconciledIn(page, beforeMs)));
    }
  }
  return found.sort(byReceipt);
}

/** Orders events by receipt; producer and id decide between two events of one moment. */
export function byReceipt(left: Reconciled, right: Reconciled): number {
  return left.received_at_ms - right.received_at_ms || (left.name < right.name ? -1 : 1);
}

async function reconciledIn({ docs }: QuerySnapshot, beforeMs: number): Promise<Reconciled[]> {
  const covered = docs.filter(document => document.createTime.toMillis() < beforeMs && !isCopy(document));
  const events = covered.flatMap(document => {
    const event = archivedIn((document.data() as ArchivedEvent).event);
    return event && isReconciled(event) ? [event] : [];
  });
  const judgements = await judgeEvents(events, beforeMs);
  return events.flatMap((event, index) => (judgements[index] === "counts" && reconciledOf(event)) || []);
}

/**
 * Extracts the fields of an event.
 * @returns undefined for an amount that the currency cannot have: every reaction parks such an event
 */
function reconciledOf(event: ReconciledEvent): Reconciled | undefined {
  const { producer, event_id, user_id, order_id, received_at } = event;
  try {
    return {
      name: `${producer} ${event_id}`,
      producer,
      event_id,
      type: event.event_type,
      received_at_ms: Date.parse(received_at),
      source: { at_ms: happenedAt(event), id: event_id },
      user_id,
      order_id,
      ...payloadFields(event),
    };
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}

function payloadFields(event: ReconciledEvent): Partial<Reconciled> {
  switch (event.event_type) {
    case "order.balance_changed": {
      const { revision, held } = event.payload;
      const fact = { type: "held", order_id: event.order_id, revision, held: itemsOf(held) } as const;
      return { balance: event, fact };
    }
    case "order.placed": {
      const { email } = event.payload;
      const report = placedReport(event);
      const { currency } = report;
      const amount_minor = report.isPaid ? claimedMinor(report) : undefined;
      const claim = amount_minor === undefined ? undefined : { amount_minor, currency, ...factTime(event) };
      const placed = { items: itemsOf(event.payload.items), total_minor: report.total_minor, currency };
      return {
        fact: { type: "placed", order_id: event.order_id, claim },
        placed,
        email,
      };
    }
    case "order.paid": {
      const { payment_id, attempt_id, amount, currency } = event.payload;
      const paid = eventMoney(amount, currency);
      const report = { payment_id, attempt_id, ...paid, ...factTime(event) };
      return { fact: { type: "paid", order_id: event.order_id, ...report }, paid };
    }
    case "refund.issued": {
      const { refund_id = factId("ref", event), amount, currency } = event.payload;
      const about = { type: "refund", order_id: event.order_id, refund_id } as const;
      return { fact: { ...about, ...eventMoney(amount, currency), ...factTime(event) } };
    }
    case "order.cancelled":
    case "order.dispatched":
    case "order.delivered":
    case "user.banned":
      return {};
    case "user.signed_up": {
      const { email, name } = event.payload;
      return { email, named: name };
    }
    case "user.segment_changed":
      return { segment: event.payload.segment };
  }
}

function itemsOf(items: readonly StockItem[]): StockItem[] {
  return items.map(({ product_id, quantity }) => ({ product_id, quantity }));
}
