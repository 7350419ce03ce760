import type { StockEntry } from "../../collections.ts";
import { contactOrders, orders, segmentOrders, shipments, stockMoves, users } from "../../collections.ts";
import { readDocuments } from "../../google/firestore.ts";
import type { OrderWorth } from "../../rules/customer/order-worth.ts";
import type { Order } from "../../rules/order/order.ts";
import type { Shipment } from "../../rules/order/shipping.ts";
import type { StockMove } from "../../rules/stock/stock.ts";
import type { Stored } from "./order-documents.ts";
import { readStored, stockEntriesOf } from "./order-documents.ts";
import type { BalanceFact, Reconciled } from "./reconciled-events.ts";
import { reconciledEvents } from "./reconciled-events.ts";

/** Everything that states something about one order: its events and its documents. */
export interface OrderEvidence {
  id: string;
  /** Events in the order of receipt, without order.balance_changed. */
  events: readonly Reconciled[];
  /** The order.balance_changed events by revision, the lowest first. */
  balances: readonly BalanceEvent[];
  order: Stored<Order>;
  shipment: Stored<Shipment>;
  move: Stored<StockMove>;
  entries: readonly StockEntry[];
  contactOrder: Stored<OrderWorth>;
  segmentOrder: Stored<OrderWorth>;
  /** True when the buyer of the order was erased. */
  isBuyerErased: boolean;
  /** The order.balance_changed events, which state the claimed units. */
  claims: readonly Reconciled[];
}

export interface BalanceEvent {
  /** Producer and id. */
  name: string;
  user_id?: string;
  fact: BalanceFact["payload"];
  event: BalanceFact;
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
  const erased = await erasedAmong(
    ids.map((id, index) => buyerOf(byOrder.get(id) ?? [], documents[index]?.data)),
  );
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
      isBuyerErased: erased.has(buyerOf(all, documents[index]?.data)),
      claims: all.filter(({ balance }) => balance),
    };
  });
}

const missing: Stored<never> = { data: undefined, isLater: false };

function buyerOf(events: readonly Reconciled[], order: Order | undefined): string {
  return events.findLast(({ balance }) => balance?.user_id !== undefined)?.user_id ?? order?.user_id ?? "";
}

async function erasedAmong(userIds: readonly string[]): Promise<Set<string>> {
  const ids = [...new Set(userIds)].filter(id => id !== "");
  const accounts = await readDocuments(users, ids);
  return new Set(ids.filter((_, index) => accounts[index]?.erased_at_ms !== undefined));
}

function balanceEvents(events: readonly Reconciled[]): BalanceEvent[] {
  return events
    .flatMap(({ name, user_id, balance }) =>
      balance ? [{ name, user_id, fact: balance.payload, event: balance }] : [],
    )
    .sort((a, b) => a.fact.revision - b.fact.revision);
}
