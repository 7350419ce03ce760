/** The sums of a day close. */
import type { PulseCartEvent } from "../../events/envelope.ts";
import { timesMinor } from "../../values/money.ts";
import { cartIdOf } from "../cart/cart-memory.ts";
import type { DailyFact, Tally, ToMoney } from "./daily-facts.ts";
import { factsOf, orderPrice } from "./daily-facts.ts";
import type { CartMoment } from "./recovery.ts";
import { boundTermSum, termSearch, termTally } from "./term-people.ts";

/**
 * Sums of a day by key. A key names the whole day ("total"), an hour ("hour 09"), a product, search term, segment,
 * mail template or type. Sums of parts add up to the sums of the whole, for any division into parts.
 */
export type Sums = Map<string, Record<string, number>>;

/** An addition to one sum. */
export type SumsEntry = readonly [key: string, tally: Tally];

/** A fact that may be reported again under another event id, with its additions to the sums. */
export interface DayCloseFact {
  key: DailyFact["key"];
  entries: SumsEntry[];
  /** The cart that was abandoned, or the cart of an order that names a cart or a session. */
  cart?: { cart_id: string; products: string[]; is: CartMoment["is"] };
  /** The user of a payment. */
  paid_by?: string;
}

export const TOTAL = "total";

/** Prefix of the keys of search terms. */
export const TERM = "term ";

export function addEntries(sums: Sums, entries: Iterable<SumsEntry>): void {
  for (const [key, tally] of entries) {
    const sum = sums.get(key) ?? {};
    sums.set(key, sum);
    for (const [name, amount] of Object.entries(tally)) sum[name] = (sum[name] ?? 0) + amount;
    if (key.startsWith(TERM)) boundTermSum(sum);
  }
}

/**
 * Derives the sums of an archived event.
 * @returns `own`: additions of the event itself; `facts`: facts that count once, however many events report them
 */
export function daySumsOfClosing(
  event: PulseCartEvent,
  money: ToMoney,
): { own: SumsEntry[]; facts: DayCloseFact[] } {
  const own: SumsEntry[] = browseEntries(event);
  const facts: DayCloseFact[] = [];
  const eventKey = `${event.producer} ${event.event_id}`;
  for (const [index, { key, tally }] of factsOf(event, money).entries()) {
    const entries: SumsEntry[] = [[TOTAL, tally], ...hourEntries(event, tally)];
    if (index === 0) entries.push(...cartEntries(event));
    // The archive holds an event once, so a fact whose key is the event cannot be reported again.
    if (key.at(-1) === eventKey) own.push(...entries);
    else facts.push({ key, entries, paid_by: index === 0 ? payerOf(event) : undefined });
  }
  if (event.event_type === "order.placed") facts.push(placedFact(event, money));
  if (event.event_type === "cart.abandoned") facts.push(abandonmentOf(event, eventKey));
  return { own, facts };
}

/** Returns the user whose payment or refund an event counts. */
function payerOf(event: PulseCartEvent): string | undefined {
  if (event.event_type !== "order.balance_changed") return undefined;
  const isMoney = event.payload.changes.some(({ paid, refunded }) => paid !== 0 || refunded !== 0);
  return isMoney ? event.user_id : undefined;
}

/** Creates the fact of a placed order: its products and its cart. The balance of the order counts the order itself. */
function placedFact(event: PulseCartEvent<"order.placed">, money: ToMoney): DayCloseFact {
  const { order_id, session_id, payload } = event;
  const cart_id = payload.cart_id ?? (session_id === undefined ? undefined : cartIdOf({ session_id }));
  return {
    key: ["placed", order_id],
    entries: orderedProducts(event, money),
    ...(cart_id !== undefined && { cart: { cart_id, products: productsIn(payload), is: "order" } }),
  };
}

/** Creates the fact of a cart's abandoned cycle. A report without a cycle is a cycle of its own. */
function abandonmentOf({ payload }: PulseCartEvent<"cart.abandoned">, eventKey: string): DayCloseFact {
  const { cart_id, cycle = eventKey } = payload;
  const cart = { cart_id, products: productsIn(payload), is: "abandonment" } as const;
  return { key: ["abandonment", cart_id, String(cycle)], entries: [], cart };
}

function productsIn({ items }: { items: readonly { product_id: string }[] }): string[] {
  return [...new Set(items.map(({ product_id }) => product_id))];
}

function browseEntries(event: PulseCartEvent): SumsEntry[] {
  if (event.event_type === "product.viewed") {
    const views = { views: 1 };
    return [
      [TOTAL, views],
      [hourKey(event), views],
      [`product ${event.payload.product_id}`, views],
    ];
  }
  if (event.event_type !== "search.performed") return [];
  const { results_count } = event.payload;
  const searches = { searches: 1 };
  const answered: Tally = {
    ...searches,
    ...(results_count !== undefined && { searches_with_count: 1 }),
    ...(results_count === 0 && { searches_without_result: 1 }),
  };
  const search = termSearch(event);
  return [[TOTAL, answered], ...(search ? [[TERM + search.term, termTally(search)] as const] : [])];
}

const HOURLY = ["orders", "abandoned_carts", "paid_orders"];

function hourEntries(event: PulseCartEvent, tally: Tally): SumsEntry[] {
  const hourly = Object.entries(tally).filter(
    ([name]) => HOURLY.includes(name) || name.startsWith("paid_minor_"),
  );
  return hourly.length === 0 ? [] : [[hourKey(event), Object.fromEntries(hourly)]];
}

function hourKey({ received_at }: PulseCartEvent): string {
  return `hour ${received_at.slice(11, 13)}`;
}

function cartEntries(event: PulseCartEvent): SumsEntry[] {
  if (event.event_type !== "cart.item_added") return [];
  const { product_id, quantity } = event.payload;
  return [[`product ${product_id}`, { carted: quantity }]];
}

function orderedProducts({ payload }: PulseCartEvent<"order.placed">, money: ToMoney): SumsEntry[] {
  const { items, currency } = payload;
  return items.map(({ product_id, quantity, unit_price }) => {
    const price = orderPrice({ amount: unit_price, currency }, money);
    const sales = price && timesMinor(price.amount_minor, quantity);
    const sold = sales === undefined ? {} : { [`sales_minor_${price?.currency}`]: sales };
    return [`product ${product_id}`, { ordered: quantity, ...sold }];
  });
}
