import type { StockEntry } from "../../collections.ts";
import { orders, shipments, stockMoves } from "../../collections.ts";
import type { ExpectedOrder, ExpectedOrderFact } from "../../rules/order/expected-order.ts";
import { expectedOrder, heldBy } from "../../rules/order/expected-order.ts";
import type { Order } from "../../rules/order/order.ts";
import { paidCurrency } from "../../rules/order/order-state.ts";
import { MAX_REFUNDS } from "../../rules/order/payment.ts";
import { hasLeft } from "../../rules/order/shipping.ts";
import type { StockMove } from "../../rules/stock/stock.ts";
import { fromMinor } from "../../values/money.ts";
import type { DayClosing } from "../closing/day-closing.ts";
import type { Finding } from "../closing/day-report-types.ts";
import { readStored, stockEntriesOf, stockedFor, stockedSince } from "./order-documents.ts";
import type { Reconciled } from "./reconciled-events.ts";
import { reconciledEvents } from "./reconciled-events.ts";

/**
 * Compares orders with their events: paid and refunded amounts, units deducted from stock and returned. No difference
 * is repaired, because no document says whether the money and the goods are really there.
 */
export async function checkOrders(
  ids: readonly string[],
  { cut_off_ms }: Pick<DayClosing, "cut_off_ms">,
): Promise<Finding[]> {
  if (ids.length === 0) return [];
  const byOrder = Map.groupBy(
    await reconciledEvents("order_id", ids, cut_off_ms),
    ({ order_id = "" }) => order_id,
  );
  const [documents, moves, parcels, entries] = await Promise.all([
    readStored(orders, ids, cut_off_ms),
    readStored(stockMoves, ids, cut_off_ms),
    readStored(shipments, ids, cut_off_ms),
    stockEntriesOf(ids),
  ]);
  const sinceMs = await stockedSince(byOrder, cut_off_ms);
  return ids.flatMap((id, index) => {
    const events = byOrder.get(id) ?? [];
    const [order, move] = [documents[index], moves[index]];
    if (events.length === 0 || !order || !move) return [];
    const facts = events.flatMap(({ fact }) => fact ?? []);
    const isGone = hasLeft(parcels[index]?.data);
    const expected = expectedOrder(facts, { stocked: stockedFor(events, move.data, sinceMs), isGone });
    const history = { id, events };
    const stored = { move: move.data, entries: entries.get(id) ?? [] };
    return [
      ...(order.isLater ? [] : moneyFindings(history, expected, order.data)),
      ...(move.isLater ? [] : stockFindings(history, expected, stored)),
    ];
  });
}

/** An order id with all events of the order. */
interface OrderHistory {
  id: string;
  events: readonly Reconciled[];
}

function moneyFindings(
  { id, events }: OrderHistory,
  expected: ExpectedOrder,
  order: Order | undefined,
): Finding[] {
  if (!order)
    return [{ kind: "money", about: id, expected: "an order", found: "none", events: namesOf(events) }];
  const findings: Finding[] = [];
  const currency = paidCurrency(order);
  const amountText = (minor: number) => `${fromMinor(minor, currency)} ${currency}`;
  const find = (type: ExpectedOrderFact["type"], field: string, right: number, found: number) => {
    const causes = events.filter(({ fact }) => fact?.type === type);
    const texts = { expected: amountText(right), found: amountText(found) };
    findings.push({ kind: "money", about: `${id}: ${field}`, ...texts, events: namesOf(causes) });
  };
  const paid = order.paid?.amount_minor ?? 0;
  const right = expected.paid_minor[0] ?? 0;
  if (paid !== right && !expected.paid_minor.includes(paid)) find("paid", "paid", right, paid);
  const refunded = order.refunds.reduce((sum, { amount_minor }) => sum + amount_minor, 0);
  if (refunded !== expected.refunded_minor && order.refunds.length < MAX_REFUNDS)
    find("refund", "refunded", expected.refunded_minor, refunded);
  return findings;
}

function stockFindings(
  { id, events }: OrderHistory,
  { held }: ExpectedOrder,
  { move, entries }: { move: StockMove | undefined; entries: readonly StockEntry[] },
): Finding[] {
  const moved = new Map<string, number>();
  for (const { product_id, delta } of entries) moved.set(product_id, (moved.get(product_id) ?? 0) - delta);
  const expected = goodsText(held);
  const [byMove, byEntries] = [goodsText(heldBy(move)), goodsText(moved)];
  if (byMove === expected && byEntries === expected) return [];
  const found =
    byMove === byEntries
      ? `${byMove} held`
      : `${byEntries} held by its stock entries, ${byMove} by its stock move`;
  const causes = entries.map(({ cause }) => cause);
  const named = [...new Set([...namesOf(events), ...causes])];
  return [{ kind: "stock", about: id, expected: `${expected} held`, found, events: named }];
}

function namesOf(events: readonly Reconciled[]): string[] {
  return events.map(({ name }) => name);
}

function goodsText(goods: ReadonlyMap<string, number>): string {
  const left = [...goods].filter(([, quantity]) => quantity !== 0).sort();
  return left.map(([product, quantity]) => `${quantity} ${product}`).join(", ") || "nothing";
}
