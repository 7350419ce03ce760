import type { PulseCartEvent } from "../../events/envelope.ts";
import { timesMinor } from "../../values/money.ts";
import { cartIdOf } from "../cart/cart-memory.ts";
import type { DailyFact, Tally, ToMoney } from "./daily-facts.ts";
import { factsOf, priceOf } from "./daily-facts.ts";
import { searchTerm } from "./search-term.ts";

/**
 * What the night adds up: of the whole day ("total"), of each hour ("hour 09"), product, search term, segment, mail
 * template and event type. Sums of parts add up to the sums of the whole, however it is parted.
 */
export type Sums = Map<string, Record<string, number>>;

/** So much more of something. */
export type Entry = readonly [key: string, tally: Tally];

/** A fact that others may report as well, under another event id, and what it adds where it counts. */
export interface DayCloseFact {
  key: DailyFact["key"];
  entries: Entry[];
  /** Of an order: the cart it comes from, where it names one or its session. */
  cart_id?: string;
  /** Of a payment: the user who paid. */
  paid_by?: string;
}

export const TOTAL = "total";

export function addEntries(sums: Sums, entries: Iterable<Entry>): void {
  for (const [key, tally] of entries) {
    const sum = sums.get(key) ?? {};
    sums.set(key, sum);
    for (const [name, amount] of Object.entries(tally)) sum[name] = (sum[name] ?? 0) + amount;
  }
}

/** What an archived event adds by itself, and the facts in it that count once, whoever reports them. */
export function daySumsOfClosing(
  event: PulseCartEvent,
  money: ToMoney,
): { own: Entry[]; facts: DayCloseFact[] } {
  const own: Entry[] = browseEntries(event);
  const facts: DayCloseFact[] = [];
  const itself = `${event.producer} ${event.event_id}`;
  for (const [index, { key, tally }] of factsOf(event, money).entries()) {
    const entries: Entry[] = [[TOTAL, tally], ...hourEntries(event, tally)];
    if (index === 0) entries.push(...productEntries(event, money));
    // The archive holds an event once: what is a fact of its own cannot be reported again.
    if (key.at(-1) === itself) own.push(...entries);
    else facts.push({ key, entries, ...(index === 0 && aboutOf(event)) });
  }
  if (event.event_type === "cart.abandoned")
    facts.push({ key: abandonedCartKey(event.payload.cart_id), entries: [] });
  return { own, facts };
}

function aboutOf(event: PulseCartEvent): Pick<DayCloseFact, "cart_id" | "paid_by"> {
  if (event.event_type === "order.paid" && event.user_id !== undefined) return { paid_by: event.user_id };
  if (event.event_type !== "order.placed") return {};
  const { session_id, payload } = event;
  if (payload.cart_id !== undefined) return { cart_id: payload.cart_id };
  return session_id === undefined ? {} : { cart_id: cartIdOf({ session_id }) };
}

/** Names the cart that was abandoned, in whichever of its cycles. */
export function abandonedCartKey(cartId: string): readonly string[] {
  return ["abandoned cart", cartId];
}

function browseEntries(event: PulseCartEvent): Entry[] {
  if (event.event_type === "product.viewed") {
    const views = { views: 1 };
    return [
      [TOTAL, views],
      [hourKey(event), views],
      [`product ${event.payload.product_id}`, views],
    ];
  }
  if (event.event_type !== "search.performed") return [];
  const searches = { searches: 1 };
  const term = searchTerm(event.payload.query);
  return [[TOTAL, searches], ...(term === undefined ? [] : [[`term ${term}`, searches] as const])];
}

const HOURLY = ["orders", "abandoned_carts", "paid_orders"];

function hourEntries(event: PulseCartEvent, tally: Tally): Entry[] {
  const hourly = Object.entries(tally).filter(
    ([name]) => HOURLY.includes(name) || name.startsWith("paid_minor_"),
  );
  return hourly.length === 0 ? [] : [[hourKey(event), Object.fromEntries(hourly)]];
}

function hourKey({ received_at }: PulseCartEvent): string {
  return `hour ${received_at.slice(11, 13)}`;
}

function productEntries(event: PulseCartEvent, money: ToMoney): Entry[] {
  if (event.event_type === "cart.item_added") {
    const { product_id, quantity } = event.payload;
    return [[`product ${product_id}`, { carted: quantity }]];
  }
  if (event.event_type !== "order.placed") return [];
  const { items, currency } = event.payload;
  return items.map(({ product_id, quantity, unit_price }) => {
    const price = priceOf({ amount: unit_price, currency }, money);
    const sales = price && timesMinor(price.amount_minor, quantity);
    const sold = sales === undefined ? {} : { [`sales_minor_${price?.currency}`]: sales };
    return [`product ${product_id}`, { ordered: quantity, ...sold }];
  });
}
