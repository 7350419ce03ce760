import type { Balance } from "../../rules/order/balance.ts";
import { balancesOf } from "../../rules/order/balance.ts";
import type { ExpectedSums } from "../../rules/order/expected-order.ts";
import { quantityByProduct } from "../../rules/quantities.ts";
import { fromMinor } from "../../values/money.ts";
import type { BalanceEvent, OrderEvidence } from "./order-evidence.ts";
import type { Reconciled } from "./reconciled-events.ts";
import type { Compared } from "./statements.ts";
import { goodsText, statement } from "./statements.ts";

/** The values of an order that its raw events give. */
export interface ExpectedOrder {
  sums: ReadonlyMap<string, ExpectedSums>;
  held: ReadonlyMap<string, number>;
}

const BY_ORDER = "the order";
const BY_BALANCE = "order.balance_changed";
const BY_PLACED = "order.placed";

/** Lists the values that the order's document states, each with its witnesses. */
export function orderValues(evidence: OrderEvidence, expected: ExpectedOrder): Compared[] {
  const { id, events, balances, order } = evidence;
  if (order.isLater) return [];
  const { data } = order;
  const latest = balances.at(-1);
  // Only facts of the order's owner are read, and the first order.placed defines the order.
  const placed = events.find(({ type }) => type === "order.placed");
  const [own, announced] = [data && sumTexts(balancesOf(data)), latest && announcedTexts(latest)];
  const value = (
    field: string,
    by: { own?: string; balance?: string; placed?: string; events?: string },
  ): Compared => ({
    kind: MONEY.includes(field) ? "money" : "order",
    about: `${id}: ${field}`,
    stored: statement(BY_ORDER, by.own),
    witnesses: [
      statement(BY_BALANCE, by.balance),
      statement(BY_PLACED, by.placed),
      statement("the events", by.events),
    ],
    events: [
      ...events.filter(({ type }) => concerns(type, field)).map(({ name }) => name),
      ...(latest ? [latest.name] : []),
    ],
  });
  const raw = rawTexts(expected.sums);
  return [
    value("state", { own: data?.state, balance: latest?.fact.state }),
    value("buyer", {
      own: data && (data.user_id ?? "a guest"),
      balance: latest && (latest.user_id ?? "a guest"),
      placed: placed && buyerOf(events),
    }),
    value("items", {
      own: data && goodsText(quantityByProduct(data.items)),
      placed: placed?.placed && goodsText(quantityByProduct(placed.placed.items)),
    }),
    value("total", { own: own?.total, balance: announced?.total }),
    value("paid", { own: own?.paid, balance: announced?.paid, events: raw.paid }),
    value("refunded", { own: own?.refunded, balance: announced?.refunded, events: raw.refunded }),
    value("revision", {
      own: data && String(data.revision),
      balance: latest && String(latest.fact.revision),
    }),
  ];
}

const MONEY = ["total", "paid", "refunded"];

function concerns(type: Reconciled["type"], field: string): boolean {
  if (field === "paid") return type === "order.paid";
  if (field === "refunded") return type === "refund.issued";
  if (field === "state") return true;
  return type === "order.placed";
}

/** Returns the buyer that the events name. A guest's order names none. */
function buyerOf(events: readonly Reconciled[]): string {
  return events.find(({ user_id }) => user_id !== undefined)?.user_id ?? "a guest";
}

interface SumTexts {
  total: string;
  paid: string;
  refunded: string;
}

function sumTexts(balances: readonly Balance[]): SumTexts {
  const text = (minorOf: (balance: Balance) => number | undefined) =>
    amountsText(
      balances.map(balance => {
        const minor = minorOf(balance);
        return [
          balance.currency,
          minor === undefined ? undefined : fromMinor(minor, balance.currency),
        ] as const;
      }),
    );
  return {
    total: text(({ total_minor }) => total_minor),
    paid: text(({ paid_minor }) => paid_minor),
    refunded: text(({ refunded_minor }) => refunded_minor),
  };
}

function announcedTexts({ fact: { balances } }: BalanceEvent): SumTexts {
  const text = (name: keyof SumTexts) =>
    amountsText(balances.map(balance => [balance.currency, balance[name]] as const));
  return { total: text("total"), paid: text("paid"), refunded: text("refunded") };
}

function amountsText(amounts: readonly (readonly [currency: string, amount: number | undefined])[]): string {
  const known = amounts.flatMap(([currency, amount]) => (amount ? [`${amount} ${currency}`] : []));
  return known.sort().join(", ") || "nothing";
}

/** Lists the units that the order holds, by each kind of document that states them. */
export function unitValues(evidence: OrderEvidence, expected: ExpectedOrder): Compared[] {
  const { id, events, entries, move } = evidence;
  if (move.isLater) return [];
  const moved = new Map<string, number>();
  for (const { product_id, delta } of entries) moved.set(product_id, (moved.get(product_id) ?? 0) - delta);
  const byEntries = statement("the stock entries", entries.length === 0 ? undefined : goodsText(moved));
  const byMove = statement("the stock move", move.data && goodsText(quantityByProduct(move.data.held)));
  const byEvents = statement("the events", events.length === 0 ? undefined : goodsText(expected.held));
  const named = [...new Set([...events.map(({ name }) => name), ...entries.map(({ cause }) => cause)])];
  const about = { kind: "stock", about: `${id}: units held`, events: named } as const;
  return [
    { ...about, stored: byEntries, witnesses: [byMove, byEvents], absent: "no units" },
    // The first balance of an order writes its move, so the move must not be missing then.
    {
      ...about,
      stored: byMove,
      witnesses: [byEntries, byEvents],
      absent: evidence.balances.length === 0 ? "no units" : undefined,
    },
  ];
}

/** Returns the sums that the raw events give, as text. */
function rawTexts(sums: ReadonlyMap<string, ExpectedSums>): Pick<SumTexts, "paid" | "refunded"> {
  const text = (name: keyof ExpectedSums) =>
    amountsText(
      [...sums].map(([currency, one]) => [currency, one[name] === 0 ? 0 : fromMinor(one[name], currency)]),
    );
  return { paid: text("paid_minor"), refunded: text("refunded_minor") };
}

/** Lists the state, the units and the revision of the shipment, by its document and by the order's latest balance. */
export function shipmentValues({ id, balances, shipment }: OrderEvidence): Compared[] {
  const { data, isLater } = shipment;
  const latest = balances.at(-1);
  if (isLater || !latest) return [];
  const { fact, name } = latest;
  const text = (state: string, items: Parameters<typeof quantityByProduct>[0], revision: number) =>
    `${state} with ${goodsText(quantityByProduct(items))} in revision ${revision}`;
  return [
    {
      kind: "shipment",
      about: `${id}: shipment`,
      stored: statement("the shipment", data && text(data.state, data.items, data.revision)),
      witnesses: [statement(BY_BALANCE, text(fact.shipment, fact.held, fact.revision))],
      events: [name],
    },
  ];
}

/** Lists the revision that the order's stock move follows. A move beyond its order ignores the next change. */
export function moveValues({ id, balances, move }: OrderEvidence): Compared[] {
  const latest = balances.at(-1);
  if (move.isLater || !move.data || !latest) return [];
  return [
    {
      kind: "stock",
      about: `${id}: revision of the stock move`,
      stored: statement("the stock move", String(move.data.revision)),
      witnesses: [statement(BY_BALANCE, String(latest.fact.revision))],
      events: [latest.name],
    },
  ];
}
