import type { StockEntry } from "../../collections.ts";
import { orders, stockMoves } from "../../collections.ts";
import type { ExpectedOrderFact, ExpectedSums } from "../../rules/order/expected-order.ts";
import { expectedSums, expectedUnits } from "../../rules/order/expected-order.ts";
import { foldOrder } from "../../rules/order/fold.ts";
import type { Order } from "../../rules/order/order.ts";
import { quantityByProduct } from "../../rules/quantities.ts";
import type { StockMove } from "../../rules/stock/stock.ts";
import { isCurrency } from "../../values/currencies.ts";
import { fromMinor } from "../../values/money.ts";
import type { DayClosing } from "../closing/day-closing.ts";
import type { Finding } from "../closing/day-report-types.ts";
import { readStored, stockEntriesOf } from "./order-documents.ts";
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
  const [documents, moves, entries] = await Promise.all([
    readStored(orders, ids, cut_off_ms),
    readStored(stockMoves, ids, cut_off_ms),
    stockEntriesOf(ids),
  ]);
  return ids.flatMap((id, index) => {
    const events = byOrder.get(id) ?? [];
    const [order, move] = [documents[index], moves[index]];
    if (events.length === 0 || !order || !move) return [];
    const facts = events.flatMap(({ fact }) => fact ?? []);
    const held = expectedUnits(facts, new Set(move.data?.not_stocked));
    const history = { id, events };
    const stored = { move: move.data, entries: entries.get(id) ?? [] };
    return [
      ...(order.isLater ? [] : moneyFindings(history, order.data)),
      ...(move.isLater ? [] : stockFindings(history, held, stored)),
    ];
  });
}

/** An order id with all events of the order. */
interface OrderHistory {
  id: string;
  events: readonly Reconciled[];
}

function moneyFindings({ id, events }: OrderHistory, order: Order | undefined): Finding[] {
  if (!order)
    return [{ kind: "money", about: id, expected: "an order", found: "none", events: namesOf(events) }];
  const facts = events.flatMap(({ fact }) => fact ?? []);
  const expected = expectedSums(id, facts);
  const { own, others } = foldOrder(order);
  const stored = new Map([own, ...others].map(sums => [sums.currency, sums] as const));
  return [...new Set([...expected.keys(), ...stored.keys()])].filter(isCurrency).flatMap(currency => {
    const amountText = (minor: number) => `${fromMinor(minor, currency)} ${currency}`;
    const compare = (type: ExpectedOrderFact["type"], field: "paid" | "refunded"): Finding[] => {
      const sumOf = (sums: ExpectedSums | undefined) => sums?.[`${field}_minor`] ?? 0;
      const [right, found] = [sumOf(expected.get(currency)), sumOf(stored.get(currency))];
      if (right === found) return [];
      const causes = namesOf(events.filter(({ fact }) => fact?.type === type));
      const texts = { expected: amountText(right), found: amountText(found) };
      return [{ kind: "money", about: `${id}: ${field}`, ...texts, events: causes }];
    };
    return [...compare("paid", "paid"), ...compare("refund", "refunded")];
  });
}

function stockFindings(
  { id, events }: OrderHistory,
  held: ReadonlyMap<string, number>,
  { move, entries }: { move: StockMove | undefined; entries: readonly StockEntry[] },
): Finding[] {
  const moved = new Map<string, number>();
  for (const { product_id, delta } of entries) moved.set(product_id, (moved.get(product_id) ?? 0) - delta);
  const expected = goodsText(held);
  const [byMove, byEntries] = [goodsText(quantityByProduct(move?.held ?? [])), goodsText(moved)];
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
