import { PermanentError } from "../../errors.ts";
import { eventMoney } from "../../events/event-money.ts";
import { happenedAt } from "../../events/happened-at.ts";
import type { QuerySnapshot } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import { archivedEvents, archivedIn } from "../../pipeline/records/archived-event.ts";
import type { FactSource } from "../../rules/customer/contact.ts";
import type { ExpectedOrderFact } from "../../rules/order/expected-order.ts";
import type { StockItem } from "../../rules/stock/stock.ts";
import type { ReconciledEvent } from "./index-fields.ts";
import { isReconciled } from "./index-fields.ts";

/** What an archived event says for the books: little, so that many fit into memory. */
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
  /** Of an order's event. */
  fact?: ExpectedOrderFact;
  /** Of a payment. */
  paid?: { amount_minor: number; currency: string };
  /** Of what tells about a person. */
  email?: string;
  named?: string;
  segment?: string;
}

/** Firestore compares with at most so many values at once (https://cloud.google.com/firestore/quotas). */
export const MAX_VALUES = 30;

/** With the largest events, 256 KiB each, 32 MiB; with such as there are, some 200 KB. */
const PAGE = 125;

/** All that was archived of these orders, or users, before a time; in the order in which it was heard. */
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
      .select("event")
      .limit(PAGE);
    let page = await all.get();
    found.push(...reconciledIn(page, beforeMs));
    for (let last = page.docs.at(-1); last && page.size === PAGE; last = page.docs.at(-1)) {
      page = await all.startAfter(last.id).get();
      found.push(...reconciledIn(page, beforeMs));
    }
  }
  return found.sort(compareHeard);
}

/** The earlier first; of two of one moment it is the same one each time. */
export function compareHeard(left: Reconciled, right: Reconciled): number {
  return left.received_at_ms - right.received_at_ms || (left.name < right.name ? -1 : 1);
}

function reconciledIn({ docs }: QuerySnapshot, beforeMs: number): Reconciled[] {
  const covered = docs.filter(document => document.createTime.toMillis() < beforeMs);
  return covered.flatMap(document => {
    const event = archivedIn((document.data() as ArchivedEvent).event);
    return (event && isReconciled(event) && reconciledOf(event)) || [];
  });
}

/** Undefined for what names an amount that cannot be: it is parked wherever it is handled. */
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
      ...(user_id !== undefined && { user_id }),
      ...(order_id !== undefined && { order_id }),
      ...saidBy(event),
    };
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}

function saidBy(event: ReconciledEvent): Partial<Reconciled> {
  switch (event.event_type) {
    case "order.placed": {
      const { items, email } = event.payload;
      const fact = { type: "placed", order_id: event.order_id, items: itemsOf(items) } as const;
      return { fact, ...(email !== undefined && { email }) };
    }
    case "order.paid": {
      const paid = eventMoney(event.payload.amount, event.payload.currency);
      const { amount_minor } = paid;
      return { fact: { type: "paid", order_id: event.order_id, amount_minor }, paid };
    }
    case "order.cancelled":
      return { fact: { type: "cancelled", order_id: event.order_id } };
    case "refund.issued": {
      const { refund_id = event.event_id, amount, currency, items } = event.payload;
      const { amount_minor } = eventMoney(amount, currency);
      const about = { type: "refund", order_id: event.order_id, refund_id, amount_minor } as const;
      return { fact: { ...about, ...(items && { items: itemsOf(items) }) } };
    }
    case "user.signed_up": {
      const { email, name } = event.payload;
      return { email, ...(name !== undefined && { named: name }) };
    }
    case "user.segment_changed":
      return { segment: event.payload.segment };
    case "user.banned":
      return {};
  }
}

function itemsOf(items: readonly StockItem[]): StockItem[] {
  return items.map(({ product_id, quantity }) => ({ product_id, quantity }));
}
