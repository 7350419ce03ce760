import type { StockEntry } from "../../collections.ts";
import { orders, products, shipments, stockEntries, stockMoves } from "../../collections.ts";
import type { Collection } from "../../google/firestore.ts";
import { documentRef, firestore } from "../../google/firestore.ts";
import { isOwner } from "../../orders/owners.ts";
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
import type { Reconciled } from "./reconciled-events.ts";
import { reconciledEvents } from "./reconciled-events.ts";

/** A document, and whether it was changed after the cut-off: by what the next day's night has heard of. */
interface Stored<T> {
  data: T | undefined;
  isLater: boolean;
  createdMs: number;
}

/**
 * Compares orders with their events: what was paid and refunded, what they took from stock and gave back. Nothing of
 * it is repaired: whether the money is here, and the goods are gone, no document knows.
 */
export async function checkOrders(
  ids: readonly string[],
  { cut_off_ms }: Pick<DayClosing, "cut_off_ms">,
): Promise<Finding[]> {
  if (ids.length === 0) return [];
  const events = Map.groupBy(
    await reconciledEvents("order_id", ids, cut_off_ms),
    ({ order_id = "" }) => order_id,
  );
  const [documents, moves, parcels, entries] = await Promise.all([
    readStored(orders, ids, cut_off_ms),
    readStored(stockMoves, ids, cut_off_ms),
    readStored(shipments, ids, cut_off_ms),
    entriesOf(ids),
  ]);
  const goods = await stockedSince(events, cut_off_ms);
  return ids.flatMap((id, index) => {
    const heard = events.get(id) ?? [];
    const [order, move] = [documents[index], moves[index]];
    if (heard.length === 0 || !order || !move) return [];
    const facts = heard.filter(each => isTaken(each, order.data)).flatMap(({ fact }) => fact ?? []);
    const isGone = hasLeft(parcels[index]?.data);
    const books = expectedOrder(facts, { stocked: stockedFor(heard, move.data, goods), isGone });
    const about = { id, heard };
    return [
      ...(order.isLater ? [] : moneyFindings(about, books, order.data)),
      ...(move.isLater
        ? []
        : stockFindings(about, books, { move: move.data, entries: entries.get(id) ?? [] })),
    ];
  });
}

/** What others say is paid of our orders counts for nothing. */
function isTaken({ type, producer }: Reconciled, order: Order | undefined): boolean {
  return type !== "order.paid" || order?.source !== "checkout" || isOwner(producer);
}

interface About {
  id: string;
  heard: readonly Reconciled[];
}

function moneyFindings({ id, heard }: About, books: ExpectedOrder, order: Order | undefined): Finding[] {
  const named = (type: ExpectedOrderFact["type"]) => ({
    events: heard.filter(({ fact }) => fact?.type === type).map(({ name }) => name),
  });
  if (!order)
    return [{ kind: "money", about: id, expected: "an order", found: "none", events: namesOf(heard) }];
  const findings: Finding[] = [];
  const currency = paidCurrency(order);
  const shown = (minor: number) => `${fromMinor(minor, currency)} ${currency}`;
  const paid = order.paid?.amount_minor ?? 0;
  const expected = books.paid_minor[0] ?? 0;
  if (paid !== expected && !books.paid_minor.includes(paid))
    findings.push({
      kind: "money",
      about: `${id}: paid`,
      expected: shown(expected),
      found: shown(paid),
      ...named("paid"),
    });
  const refunded = order.refunds.reduce((sum, { amount_minor }) => sum + amount_minor, 0);
  if (refunded !== books.refunded_minor && order.refunds.length < MAX_REFUNDS)
    findings.push({
      kind: "money",
      about: `${id}: refunded`,
      expected: shown(books.refunded_minor),
      found: shown(refunded),
      ...named("refund"),
    });
  return findings;
}

function stockFindings(
  { id, heard }: About,
  { held }: ExpectedOrder,
  { move, entries }: { move: StockMove | undefined; entries: readonly StockEntry[] },
): Finding[] {
  const taken = new Map<string, number>();
  for (const { product_id, delta } of entries) taken.set(product_id, (taken.get(product_id) ?? 0) - delta);
  const [expected, told, moved] = [goodsView(held), goodsView(heldBy(move)), goodsView(taken)];
  if (told === expected && moved === expected) return [];
  const found = told === moved ? told : `${moved}, of which its own record says ${told}`;
  const causes = entries.map(({ cause }) => cause);
  const events = [...new Set([...namesOf(heard), ...causes])];
  return [{ kind: "stock", about: id, expected: `to hold ${expected}`, found, events }];
}

function namesOf(heard: readonly Reconciled[]): string[] {
  return heard.map(({ name }) => name);
}

function goodsView(goods: ReadonlyMap<string, number>): string {
  const left = [...goods].filter(([, quantity]) => quantity !== 0).sort();
  return left.map(([product, quantity]) => `${quantity} ${product}`).join(", ") || "nothing";
}

async function readStored<T>(
  of: Collection<T>,
  ids: readonly string[],
  cutOffMs: number,
): Promise<Stored<T>[]> {
  if (ids.length === 0) return [];
  const found = await firestore().getAll(...ids.map(id => documentRef(of, id)));
  return found.map(document => ({
    data: document.data() as T | undefined,
    isLater: (document.updateTime?.toMillis() ?? 0) >= cutOffMs,
    createdMs: document.createTime?.toMillis() ?? Number.POSITIVE_INFINITY,
  }));
}

async function entriesOf(orderIds: readonly string[]): Promise<Map<string, StockEntry[]>> {
  const { docs } = await firestore()
    .collection(stockEntries.name)
    .where("order_id", "in", [...orderIds])
    .get();
  return Map.groupBy(
    docs.map(document => document.data() as StockEntry),
    ({ order_id = "" }) => order_id,
  );
}

/** Since when the products of these orders are stocked here. */
async function stockedSince(
  events: ReadonlyMap<string, readonly Reconciled[]>,
  cutOffMs: number,
): Promise<Map<string, number>> {
  const ids = [...new Set([...events.values()].flat().flatMap(({ fact }) => orderedIn(fact)))];
  const found = await readStored(products, ids, cutOffMs);
  return new Map(ids.map((id, index) => [id, found[index]?.createdMs ?? Number.POSITIVE_INFINITY]));
}

function orderedIn(fact: ExpectedOrderFact | undefined): string[] {
  return fact?.type === "placed" ? fact.items.map(({ product_id }) => product_id) : [];
}

/** A product that was created about when the order was heard of was stocked then if its record says so. */
function stockedFor(
  heard: readonly Reconciled[],
  move: StockMove | undefined,
  goods: ReadonlyMap<string, number>,
): Set<string> {
  const placed = heard.filter(({ fact }) => fact?.type === "placed");
  const taken = new Set(move?.deducted?.map(({ product_id }) => product_id));
  const isStocked = (id: string): boolean => {
    const sinceMs = goods.get(id) ?? Number.POSITIVE_INFINITY;
    if (sinceMs === Number.POSITIVE_INFINITY) return false;
    return placed.every(({ received_at_ms }) => sinceMs < received_at_ms) || taken.has(id);
  };
  return new Set(placed.flatMap(({ fact }) => orderedIn(fact)).filter(isStocked));
}
