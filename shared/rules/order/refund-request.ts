/** The request of a refund, kept with the refund to recognise its repetition. */
import { fromMinor, toMinor } from "../../values/money.ts";
import { quantityByProduct } from "../quantities.ts";
import type { OrderFacts, OrderItem, Refund } from "./facts.ts";
import { itemList, itemText } from "./refund-items.ts";

export interface AskedRefund {
  refund_id: string;
  /** Decimal amount. Absent: the shares of the items; without items all that is left of the money. */
  amount?: number;
  items?: readonly OrderItem[];
  /** True: only money that is owed back. No amount and no items then. */
  owed?: boolean;
  /** Absent: the order's currency while money in it is left, else another currency with money. */
  currency?: string;
}

/** Copies the request. No field is undefined: the Firestore client drops a map in which each value is undefined. */
export function requestOf({ amount, items, owed, currency }: AskedRefund): NonNullable<Refund["asked"]> {
  return {
    ...(amount === undefined ? {} : { amount }),
    ...(items === undefined ? {} : { items: itemList(quantityByProduct(items)) }),
    ...(owed === undefined ? {} : { owed }),
    ...(currency === undefined ? {} : { currency }),
  };
}

/** Tells whether a request repeats a known refund: the same request again, or the refund's own amount and items. */
export function isSameRefund(
  order: OrderFacts,
  { known, asked }: { known: Refund; asked: AskedRefund },
): boolean {
  const { amount, items, owed, currency: wanted } = asked;
  const { currency = order.currency } = known;
  const isSameRequest = known.asked?.amount === amount && known.asked?.owed === owed;
  const isAskedAgain = isSameRequest && itemText(known.asked?.items) === itemText(items);
  if (known.asked && isAskedAgain && known.asked.currency === wanted) return true;
  const isSameAmount = amount !== undefined && toMinor(amount, currency) === known.amount_minor;
  const isSameCurrency = wanted === undefined || wanted === currency;
  return isSameAmount && isSameCurrency && itemText(items ?? []) === itemText(known.items);
}

/** Builds the refusal of another refund under a known id. */
export function otherRefund(order: OrderFacts, known: Refund): string {
  const { refund_id, amount_minor, items, currency = order.currency } = known;
  const money = `${fromMinor(amount_minor, currency)} ${currency}`;
  return `The refund ${refund_id} has already given back ${money} and ${itemText(items) || "no items"}.`;
}
