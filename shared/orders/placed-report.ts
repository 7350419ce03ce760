import { config } from "../config.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import type { PlacedReport } from "../rules/order/reports.ts";
import { toMinor } from "../values/money.ts";
import { factTime } from "./reported-order.ts";

/** Amounts of order.placed and the field of the report that holds each. */
const AMOUNTS = {
  total: "total_minor",
  discount: "discount_minor",
  shipping: "shipping_minor",
  tax: "tax_minor",
} as const;

/**
 * Reads another system's order.placed. An amount that is impossible in its currency is left out: the items are recorded
 * without it. A field that is undefined is left out as well, because the report is spread over the order.
 */
export function placedReport(event: PulseCartEvent<"order.placed">): PlacedReport {
  const { user_id, session_id, payload } = event;
  const { items, currency = config().defaultCurrency, cart_id, payment_status } = payload;
  const minor = (amount: number | undefined) =>
    amount === undefined ? undefined : toMinor(amount, currency);
  const amounts = Object.entries(AMOUNTS).map(([name, field]) => [
    field,
    minor(payload[name as keyof typeof AMOUNTS]),
  ]);
  const known = Object.entries({ user_id, session_id, cart_id, ...Object.fromEntries(amounts) });
  return {
    ...Object.fromEntries(known.filter(([, value]) => value !== undefined)),
    currency,
    items: items.map(({ product_id, product_name, quantity, unit_price }) => ({
      product_id,
      quantity,
      name: product_name,
      unit_price_minor: minor(unit_price),
    })),
    isPaid: payment_status === "confirmed",
    ...factTime(event),
  };
}
