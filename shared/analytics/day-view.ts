import type { Tally } from "../rules/counting/daily-facts.ts";
import { minorDigits } from "../values/currencies.ts";
import { fromMinor, MAX_MINOR } from "../values/money.ts";

/** Amounts by currency code: minor units inside this file, decimals in the answer. */
type Amounts = Record<string, number>;

const COUNTS = [
  "signups",
  "bans",
  "segment_changes",
  "cart_adds",
  "cart_removals",
  "abandoned_carts",
  "messages_planned",
  "orders",
  "unpriced_orders",
  "paid_orders",
  "cancellations",
  "failed_payments",
  "refunds",
  "purchases",
  "reviews",
  "low_stock_alerts",
  "recommendations_updated",
  "views",
  "searches",
] as const;

/** Converts the counters of one or several days into the form of the answer. */
export function numbersView(tally: Tally) {
  const paid = amountsIn(tally, "paid_minor");
  const refunded = amountsIn(tally, "refunded_minor");
  const counts = COUNTS.map(name => [name, tally[name] ?? 0] as const);
  return {
    ...(Object.fromEntries(counts) as Record<(typeof COUNTS)[number], number>),
    sales: amountsView(amountsIn(tally, "sales_minor")),
    paid: amountsView(paid),
    refunded: amountsView(refunded),
    /** Paid less refunded, each on the day of its receipt. The difference may be below zero. */
    revenue: amountsView(difference(paid, refunded)),
    /** Change of the money that has to go back, and of the money that has to come in. */
    owed_back: amountsView(amountsIn(tally, "owed_back_minor")),
    still_due: amountsView(amountsIn(tally, "still_due_minor")),
    /** Sales divided by the orders with a total, rounded to the smallest unit. */
    average_order: amountsView(quotients(amountsIn(tally, "sales_minor"), amountsIn(tally, "priced_orders"))),
    course_sales: amountsView(amountsIn(tally, "purchased_minor")),
    average_rating: average(tally["rating_sum"] ?? 0, tally["reviews"] ?? 0),
    /** Numbers of shoppers who filled a cart, who ordered, and who paid, added up by day. */
    funnel: {
      cart: tally["funnel_cart"] ?? 0,
      order: tally["funnel_order"] ?? 0,
      paid: tally["funnel_paid"] ?? 0,
    },
  };
}

/** Reads the counters of one name by currency. */
export function amountsIn(tally: Tally, name: string): Amounts {
  const prefix = `${name}_`;
  const found = Object.entries(tally).filter(([counter]) => counter.startsWith(prefix));
  return Object.fromEntries(found.map(([counter, minor]) => [counter.slice(prefix.length), minor]));
}

function difference(all: Amounts, less: Amounts): Amounts {
  const currencies = [...new Set([...Object.keys(all), ...Object.keys(less)])];
  return Object.fromEntries(currencies.map(code => [code, (all[code] ?? 0) - (less[code] ?? 0)]));
}

function quotients(all: Amounts, counts: Amounts): Amounts {
  const counted = Object.entries(counts).filter(([, count]) => count > 0);
  return Object.fromEntries(counted.map(([code, count]) => [code, Math.round((all[code] ?? 0) / count)]));
}

function amountsView(minor: Amounts): Amounts {
  const sorted = Object.entries(minor).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([code, amount]) => [code, amountView(amount, code)]));
}

/** Converts minor units to decimals. A sum beyond MAX_MINOR, the largest amount of an event, is rounded. */
function amountView(minor: number, currency: string): number {
  return Math.abs(minor) <= MAX_MINOR ? fromMinor(minor, currency) : minor / 10 ** minorDigits(currency);
}

/**
 * Divides and rounds to one tenth, like a product's rating.
 * @returns null without a review
 */
function average(sum: number, count: number): number | null {
  return count === 0 ? null : Math.round((sum / count) * 10) / 10;
}
