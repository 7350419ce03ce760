import type { EventType } from "../../events/catalogue.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { sumMinor, timesMinor, toMinor } from "../../values/money.ts";

/**
 * What the events of a day add up to. Each fact has a key of its own and counts once, however many events report it,
 * on the day of its earliest report: so the numbers are the same whatever order the reports come in.
 */

/** How much of what: the names of counters, each with a whole number. */
export type Tally = Readonly<Record<string, number>>;

/** Something that is counted once. */
export interface DailyFact {
  /** What makes it the same fact. */
  key: readonly string[];
  tally: Tally;
}

/** The UTC day of a report and what tells which one is the earliest; ids decide between two of one moment. */
export interface Report {
  day: string;
  received_at_ms: number;
  /** Of the event: producer and id. */
  id: string;
}

/** What is known of a fact: its earliest report, and what that one counts. */
export interface CountedFact extends Report {
  tally: Tally;
}

/** What is to be added to the counters of a day. */
export interface DayChange {
  day: string;
  tally: Tally;
}

/** Counts a reported fact. Undefined where an earlier report, or this one, is counted already. */
export function countFact(
  before: CountedFact | undefined,
  report: Report,
  tally: Tally,
): { after: CountedFact; changes: DayChange[] } | undefined {
  if (before && !isEarlier(report, before)) return undefined;
  const { day, received_at_ms, id } = report;
  const after = { day, received_at_ms, id, tally };
  const taken = before ? [{ day: before.day, tally: negated(before.tally) }] : [];
  return { after, changes: [...taken, { day, tally }] };
}

/** Changes as one per day; what adds up to nothing is left out. */
export function mergedChanges(changes: readonly DayChange[]): DayChange[] {
  const days = new Map<string, Map<string, number>>();
  for (const { day, tally } of changes) {
    const sums = days.get(day) ?? new Map<string, number>();
    days.set(day, sums);
    for (const [name, amount] of Object.entries(tally)) sums.set(name, (sums.get(name) ?? 0) + amount);
  }
  return [...days]
    .map(([day, sums]) => ({ day, tally: Object.fromEntries([...sums].filter(([, sum]) => sum !== 0)) }))
    .filter(({ tally }) => Object.keys(tally).length > 0);
}

/** The sum of several tallies. */
export function sumOf(tallies: readonly Tally[]): Tally {
  return mergedChanges(tallies.map(tally => ({ day: "", tally })))[0]?.tally ?? {};
}

function isEarlier(left: Report, right: Report): boolean {
  if (left.received_at_ms !== right.received_at_ms) return left.received_at_ms < right.received_at_ms;
  return left.id < right.id;
}

function negated(tally: Tally): Tally {
  return Object.fromEntries(Object.entries(tally).map(([name, amount]) => [name, -amount]));
}

/** Converts what an event says in decimals; it throws where the currency cannot have that amount. */
export type ToMoney = (
  amount: number,
  currency: string | undefined,
) => { amount_minor: number; currency: string };

type FactsOf = { readonly [T in EventType]?: (event: PulseCartEvent<T>, money: ToMoney) => DailyFact[] };

/**
 * The facts in each type of event. Where a business has an id of its own, that is the key, because other systems may
 * report it again under another event id; otherwise the event is. Views and searches are the roll-up's.
 */
const FACTS: FactsOf = {
  "user.signed_up": ({ user_id }) => [fact(["signup", user_id], { signups: 1 })],
  "user.banned": ({ user_id }) => [fact(["ban", user_id], { bans: 1 })],
  "user.segment_changed": event => [itself(event, { segment_changes: 1 })],
  "product.reviewed": event => {
    const { review_id = eventKey(event), rating } = event.payload;
    return [fact(["review", review_id], { reviews: 1, rating_sum: rating })];
  },
  "cart.item_added": event => [itself(event, { cart_adds: 1 }), step("cart", event)],
  "cart.item_removed": event => [itself(event, { cart_removals: 1 })],
  "cart.abandoned": event => {
    const { cart_id, cycle } = event.payload;
    const key = cycle === undefined ? eventKey(event) : `${cart_id} ${cycle}`;
    return [fact(["abandoned", key], { abandoned_carts: 1 })];
  },
  "order.placed": (event, money) => {
    const key = ["placed", event.order_id];
    return [fact(key, { orders: 1, ...salesOf(event, money) }), step("order", event)];
  },
  "order.paid": (event, money) => {
    const paid = { paid_orders: 1, ...amountOf("paid", event.payload, money) };
    return [fact(["paid", event.order_id], paid), step("paid", event)];
  },
  "order.cancelled": ({ order_id }) => [fact(["cancelled", order_id], { cancellations: 1 })],
  "payment.failed": event => {
    const { attempt_id = eventKey(event) } = event.payload;
    return [fact(["failed", event.order_id, attempt_id], { failed_payments: 1 })];
  },
  "refund.issued": (event, money) => {
    const { refund_id = eventKey(event) } = event.payload;
    const refunded = { refunds: 1, ...amountOf("refunded", event.payload, money) };
    return [fact(["refund", event.order_id, refund_id], refunded)];
  },
  "purchase.completed": ({ payload }, money) => {
    const { purchase_id, amount, currency } = payload;
    const sales = amount === undefined ? {} : amountOf("purchased", { amount, currency }, money);
    return [fact(["purchase", purchase_id], { purchases: 1, ...sales })];
  },
  "message.personalized_send": event => [itself(event, { messages_planned: 1 })],
  "recommendation.updated": event => [itself(event, { recommendations_updated: 1 })],
  "inventory.low_stock_alert": event => [itself(event, { low_stock_alerts: 1 })],
};

/** Every type with something to count in it. */
export const COUNTED_TYPES = Object.keys(FACTS) as EventType[];

/** What an event reports. */
export function factsOf(event: PulseCartEvent, money: ToMoney): DailyFact[] {
  const facts = FACTS[event.event_type] as
    | ((event: PulseCartEvent, money: ToMoney) => DailyFact[])
    | undefined;
  return facts?.(event, money) ?? [];
}

function fact(key: readonly string[], tally: Tally): DailyFact {
  return { key, tally };
}

/** An event that is a fact of its own. */
function itself(event: PulseCartEvent, tally: Tally): DailyFact {
  return fact([event.event_type, eventKey(event)], tally);
}

function eventKey({ producer, event_id }: PulseCartEvent): string {
  return `${producer} ${event_id}`;
}

/**
 * A step of the funnel counts shoppers: each once for a step and a day, if anything of theirs was heard that day. An
 * order that names nobody is a shopper of its own. So the days of a month add up to shoppers' days.
 */
function step(name: "cart" | "order" | "paid", event: Shopping): DailyFact {
  const { user_id, received_at } = event;
  const shopper = user_id === undefined ? `order ${event.order_id}` : `user ${user_id}`;
  return fact(["funnel", name, received_at.slice(0, 10), shopper], { [`funnel_${name}`]: 1 });
}

type Shopping = PulseCartEvent<"cart.item_added" | "order.placed" | "order.paid">;

/** What an order says it costs: its total, or else its items; nothing where one of these has no price that can be. */
function salesOf({ payload }: PulseCartEvent<"order.placed">, money: ToMoney): Tally {
  const { total, currency, items } = payload;
  const told = priceOf({ amount: total, currency }, money);
  if (told) return { [`sales_minor_${told.currency}`]: told.amount_minor };
  if (total !== undefined) return { unpriced_orders: 1 };
  const prices = items.map(({ unit_price }) => priceOf({ amount: unit_price, currency }, money));
  const lines = items.map(({ quantity }, index) => timesMinor(prices[index]?.amount_minor ?? NaN, quantity));
  const sum = sumMinor(lines);
  return sum === undefined ? { unpriced_orders: 1 } : { [`sales_minor_${prices[0]?.currency}`]: sum };
}

/**
 * What an order names as a price; undefined where it names none that its currency can have. An order is one all the
 * same, and is counted; of money that has moved there is nothing but the amount.
 */
export function priceOf(
  { amount, currency }: { amount: number | undefined; currency: string | undefined },
  money: ToMoney,
): ReturnType<ToMoney> | undefined {
  if (amount === undefined) return undefined;
  // Nothing is an amount that every currency has: only its name is asked for.
  const { currency: code } = money(0, currency);
  const amountMinor = toMinor(amount, code);
  return amountMinor === undefined ? undefined : { amount_minor: amountMinor, currency: code };
}

/** One counter for each kind of amount and currency: `paid_minor_USD`. */
function amountOf(
  name: string,
  { amount, currency }: { amount: number; currency?: string | undefined },
  money: ToMoney,
): Tally {
  const { amount_minor, currency: code } = money(amount, currency);
  return { [`${name}_minor_${code}`]: amount_minor };
}
