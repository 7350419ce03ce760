/**
 * The numbers of a day. Several events may report one fact. A fact counts once, on the day of its earliest report. The
 * numbers are therefore the same in every order of arrival.
 */
import type { EventType } from "../../events/catalogue.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { toMinor } from "../../values/money.ts";

/** Whole numbers by the name of their counter. */
export type Tally = Readonly<Record<string, number>>;

/** A fact that is counted once. */
export interface DailyFact {
  /** Identity of the fact: reports with this key report the same fact. */
  key: readonly string[];
  tally: Tally;
}

/** The report of a fact by one event. */
export interface FactReport {
  /** UTC day of receipt. */
  day: string;
  /** Time of receipt. The earliest report counts; of two at the same time the one with the smaller id. */
  received_at_ms: number;
  /** Producer and id of the event. */
  id: string;
}

/** The document `counted_facts/{hash of the key}`: the earliest report of a fact, and its tally. */
export interface CountedFact extends FactReport {
  tally: Tally;
}

/** An addition to the counters of a day. */
export interface DayChange {
  day: string;
  tally: Tally;
}

/**
 * Counts a reported fact. An earlier report replaces a later one: the later one is subtracted from its day.
 * @returns undefined when this report or an earlier one is counted already
 */
export function countFact(
  before: CountedFact | undefined,
  report: FactReport,
  tally: Tally,
): { after: CountedFact; changes: DayChange[] } | undefined {
  if (before && !isEarlier(report, before)) return undefined;
  const { day, received_at_ms, id } = report;
  const after = { day, received_at_ms, id, tally };
  const subtracted = before ? [{ day: before.day, tally: negated(before.tally) }] : [];
  return { after, changes: [...subtracted, { day, tally }] };
}

/** Merges changes to one per day. Counters and days that add up to zero are left out. */
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

/** Adds up tallies. */
export function sumTallies(tallies: readonly Tally[]): Tally {
  return mergedChanges(tallies.map(tally => ({ day: "", tally })))[0]?.tally ?? {};
}

function isEarlier(left: FactReport, right: FactReport): boolean {
  if (left.received_at_ms !== right.received_at_ms) return left.received_at_ms < right.received_at_ms;
  return left.id < right.id;
}

function negated(tally: Tally): Tally {
  return Object.fromEntries(Object.entries(tally).map(([name, amount]) => [name, -amount]));
}

/**
 * Converts a decimal amount of an event to minor units. Without a currency the shop's own is used.
 * @throws PermanentError when the currency cannot have that amount
 */
export type ToMoney = (
  amount: number,
  currency: string | undefined,
) => { amount_minor: number; currency: string };

type FactsOf = { readonly [T in EventType]?: (event: PulseCartEvent<T>, money: ToMoney) => DailyFact[] };

/**
 * The facts in each type of event. The key of a fact is a business id if the event has one. Other systems may report
 * such a fact again under another event id. Otherwise the event is the key. The roll-up counts views and searches.
 */
const FACTS_BY_TYPE: FactsOf = {
  "user.signed_up": ({ user_id }) => [fact(["signup", user_id], { signups: 1 })],
  "user.banned": ({ user_id }) => [fact(["ban", user_id], { bans: 1 })],
  "user.segment_changed": event => [eventFact(event, { segment_changes: 1 })],
  "product.reviewed": event => {
    const { review_id = eventKey(event), rating } = event.payload;
    return [fact(["review", review_id], { reviews: 1, rating_sum: rating })];
  },
  "cart.item_added": event => [eventFact(event, { cart_adds: 1 }), funnelStep("cart", event)],
  "cart.item_removed": event => [eventFact(event, { cart_removals: 1 })],
  "cart.abandoned": event => {
    const { cart_id, cycle } = event.payload;
    const key = cycle === undefined ? eventKey(event) : `${cart_id} ${cycle}`;
    return [fact(["abandoned", key], { abandoned_carts: 1 })];
  },
  "order.balance_changed": (event, money) => {
    const key = ["balance", event.order_id, String(event.payload.revision)];
    const tally = balanceTally(event, money);
    // A parcel that leaves changes no sum.
    return Object.keys(tally).length === 0 ? [] : [fact(key, tally), ...balanceSteps(event)];
  },
  "payment.failed": event => {
    const { attempt_id = eventKey(event) } = event.payload;
    return [fact(["failed", event.order_id, attempt_id], { failed_payments: 1 })];
  },
  "purchase.completed": ({ payload }, money) => {
    const { purchase_id, amount, currency } = payload;
    const sales = amount === undefined ? {} : amountTally("purchased", { amount, currency }, money);
    return [fact(["purchase", purchase_id], { purchases: 1, ...sales })];
  },
  "message.personalized_send": event => [eventFact(event, { messages_planned: 1 })],
  "recommendation.updated": event => [eventFact(event, { recommendations_updated: 1 })],
  "inventory.low_stock_alert": event => [eventFact(event, { low_stock_alerts: 1 })],
};

/** The event types that report facts. */
export const COUNTED_TYPES = Object.keys(FACTS_BY_TYPE) as EventType[];

/** Lists the facts that an event reports. */
export function factsOf(event: PulseCartEvent, money: ToMoney): DailyFact[] {
  const facts = FACTS_BY_TYPE[event.event_type] as
    | ((event: PulseCartEvent, money: ToMoney) => DailyFact[])
    | undefined;
  return facts?.(event, money) ?? [];
}

function fact(key: readonly string[], tally: Tally): DailyFact {
  return { key, tally };
}

/** Creates a fact whose key is the event. */
function eventFact(event: PulseCartEvent, tally: Tally): DailyFact {
  return fact([event.event_type, eventKey(event)], tally);
}

function eventKey({ producer, event_id }: PulseCartEvent): string {
  return `${producer} ${event_id}`;
}

/**
 * Creates the fact of a funnel step. A step counts each shopper once a day. A guest order counts as a shopper of its
 * own. A sum over a month therefore counts a shopper once for each active day.
 */
function funnelStep(name: "cart" | "order" | "paid", event: FunnelEvent): DailyFact {
  const { user_id, received_at } = event;
  const shopper = user_id === undefined ? `order ${event.order_id}` : `user ${user_id}`;
  return fact(["funnel", name, received_at.slice(0, 10), shopper], { [`funnel_${name}`]: 1 });
}

type FunnelEvent = PulseCartEvent<"cart.item_added" | "order.balance_changed">;

type BalanceChanged = PulseCartEvent<"order.balance_changed">;

/** Lists the funnel steps that a change of an order's balance takes. */
function balanceSteps(event: BalanceChanged): DailyFact[] {
  const { changes } = event.payload;
  const placed = changes.some(({ orders }) => orders > 0) ? [funnelStep("order", event)] : [];
  const paid = changes.some(({ paid_orders }) => paid_orders > 0) ? [funnelStep("paid", event)] : [];
  return [...placed, ...paid];
}

/** Counts the signed changes of an order's balance. Their sum over all days is the balance of all orders. */
function balanceTally({ payload }: BalanceChanged, money: ToMoney): Tally {
  const { changes, balances, state, previous_state } = payload;
  const isPlaced = changes.some(({ orders }) => orders > 0);
  const priced = balances.find(({ orders, total }) => orders > 0 && total !== undefined);
  const isRefund = changes.some(({ refunded }) => refunded > 0);
  const counts = {
    cancellations: Number(state === "cancelled") - Number(previous_state === "cancelled"),
    refunds: Number(isRefund),
    ...(isPlaced && { [priced ? `priced_orders_${priced.currency}` : "unpriced_orders"]: 1 }),
  };
  const all = [counts, ...changes.map(change => changeTally(change, money))];
  return sumTallies(all);
}

function changeTally(change: BalanceChanged["payload"]["changes"][number], money: ToMoney): Tally {
  const { currency, orders, paid_orders } = change;
  const amounts = BALANCE_COUNTERS.map(
    ([counter, field]) =>
      [`${counter}_minor_${currency}`, money(change[field], currency).amount_minor] as const,
  );
  return { orders, paid_orders, ...Object.fromEntries(amounts) };
}

/** The counter of each sum of a balance. */
const BALANCE_COUNTERS = [
  ["sales", "total"],
  ["paid", "paid"],
  ["refunded", "refunded"],
  ["owed_back", "owed_back"],
  ["still_due", "still_due"],
] as const;

/**
 * Converts a price in an order. An order with an invalid price still counts as an order. A payment with an invalid
 * amount has nothing else to count, so `money` throws for such an amount.
 * @returns undefined when the order names no price, or one that its currency cannot have
 */
export function orderPrice(
  { amount, currency }: { amount?: number; currency?: string },
  money: ToMoney,
): ReturnType<ToMoney> | undefined {
  if (amount === undefined) return undefined;
  // Each currency has the amount 0, so this call cannot throw. Only the currency of the result is used.
  const { currency: code } = money(0, currency);
  const amountMinor = toMinor(amount, code);
  return amountMinor === undefined ? undefined : { amount_minor: amountMinor, currency: code };
}

/** Counts an amount under its kind and currency: `paid_minor_USD`. */
function amountTally(
  name: string,
  { amount, currency }: { amount: number; currency?: string },
  money: ToMoney,
): Tally {
  const { amount_minor, currency: code } = money(amount, currency);
  return { [`${name}_minor_${code}`]: amount_minor };
}
