import type { StockEntry } from "../../collections.ts";
import { contactOrders, orders, segmentOrders, shipments, stockMoves } from "../../collections.ts";
import { isOwner } from "../../orders/owners.ts";
import type { ContactOrder } from "../../rules/customer/contact.ts";
import type { SegmentOrder } from "../../rules/customer/segment.ts";
import type { Order } from "../../rules/order/order.ts";
import type { Shipment } from "../../rules/order/shipping.ts";
import type { StockMove } from "../../rules/stock/stock.ts";
import type { Stored } from "./order-documents.ts";
import { readStored, stockEntriesOf, stockedFor, stockedSince } from "./order-documents.ts";
import type { BalanceFact, Reconciled } from "./reconciled-events.ts";
import { reconciledEvents } from "./reconciled-events.ts";

/** Everything that states something about one order: its events and its documents. */
export interface OrderEvidence {
  id: string;
  /** In the order of receipt, order.balance_changed left out. */
  events: readonly Reconciled[];
  /** The owner's order.balance_changed events by revision, the lowest first. */
  balances: readonly BalanceEvent[];
  order: Stored<Order>;
  shipment: Stored<Shipment>;
  move: Stored<StockMove>;
  entries: readonly StockEntry[];
  contactOrder: Stored<ContactOrder>;
  segmentOrder: Stored<SegmentOrder>;
  /** The ordered products that had stock here when the order was received. */
  stocked: ReadonlySet<string>;
}

export interface BalanceEvent {
  /** Producer and id. */
  name: string;
  user_id?: string;
  fact: BalanceFact;
}

/** Reads the evidence about these orders, as of the cut-off. */
export async function readOrderEvidence(ids: readonly string[], cutOffMs: number): Promise<OrderEvidence[]> {
  if (ids.length === 0) return [];
  const byOrder = Map.groupBy(
    await reconciledEvents("order_id", ids, cutOffMs),
    ({ order_id = "" }) => order_id,
  );
  const [documents, parcels, moves, ofContacts, ofSegments, entries] = await Promise.all([
    readStored(orders, ids, cutOffMs),
    readStored(shipments, ids, cutOffMs),
    readStored(stockMoves, ids, cutOffMs),
    readStored(contactOrders, ids, cutOffMs),
    readStored(segmentOrders, ids, cutOffMs),
    stockEntriesOf(ids),
  ]);
  const sinceMs = await stockedSince(byOrder, cutOffMs);
  return ids.map((id, index) => {
    const all = byOrder.get(id) ?? [];
    const move = moves[index] ?? missing;
    return {
      id,
      events: all.filter(({ balance }) => !balance),
      balances: balanceEvents(all),
      order: documents[index] ?? missing,
      shipment: parcels[index] ?? missing,
      move,
      entries: entries.get(id) ?? [],
      contactOrder: ofContacts[index] ?? missing,
      segmentOrder: ofSegments[index] ?? missing,
      stocked: stockedFor(all, move.data, sinceMs),
    };
  });
}

const missing: Stored<never> = { data: undefined, isLater: false, createdMs: Number.POSITIVE_INFINITY };

function balanceEvents(events: readonly Reconciled[]): BalanceEvent[] {
  return events
    .flatMap(({ name, producer, user_id, balance }) =>
      balance && isOwner(producer) ? [{ name, user_id, fact: balance }] : [],
    )
    .sort((a, b) => a.fact.revision - b.fact.revision);
}
