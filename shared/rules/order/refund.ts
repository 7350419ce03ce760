/** Refunds of an order, as the owner of orders decides about them. */
import type { ValidationFault } from "../../events/fault.ts";
import { fromMinor, sumMinor, timesMinor, toMinor } from "../../values/money.ts";
import { quantityByProduct } from "../quantities.ts";
import { moveOrder, paidCurrency, refundedMinor, stateOf } from "./order-state.ts";
import type { OrderItem, Payable, Refund, Refused } from "./payment.ts";
import { MAX_REFUNDS, refusedFor } from "./payment.ts";

export interface AskedRefund {
  refund_id: string;
  /** Decimal amount. Absent: the price of the items; without items all that is left of the payment. */
  amount?: number;
  items?: readonly OrderItem[];
}

type RefundDecision =
  | { kind: "new"; refund: Refund }
  | { kind: "known" }
  | Refused
  | { kind: "faults"; faults: ValidationFault[] };

/**
 * Decides about a refund: never more money than was paid, never more items than were ordered. A refund of the last
 * money stops a parcel that has not left. Such a refund returns all items of the order, even when it names fewer.
 * @param isGone true when the parcel has left: only the named items come back
 */
export function decideRefund(order: Payable, asked: AskedRefund, isGone: boolean): RefundDecision {
  const known = order.refunds.find(({ refund_id }) => refund_id === asked.refund_id);
  if (known)
    return isSameRefund(order, { known, asked }) ? { kind: "known" } : refusedFor(otherRefund(order, known));
  const leftMinor = (order.paid?.amount_minor ?? 0) - refundedMinor(order);
  const move = moveOrder(stateOf(order), "refund");
  if (!move.allowed) return refusedFor(move.reason);
  if (leftMinor <= 0) return refusedFor("The payment of the order has been refunded completely.");
  if (order.refunds.length >= MAX_REFUNDS) return refusedFor(`An order has at most ${MAX_REFUNDS} refunds.`);
  const left = itemsLeft(order);
  const amountMinor = refundAmount(order, asked, leftMinor);
  const faults = [
    ...amountFaults(order, asked, { amountMinor, leftMinor }),
    ...refundItemFaults(asked.items ?? [], left),
  ];
  if (amountMinor === undefined || faults.length > 0) return { kind: "faults", faults };
  const items = amountMinor === leftMinor && !isGone ? left : quantityByProduct(asked.items ?? []);
  const { refund_id } = asked;
  const currency = paidCurrency(order);
  return {
    kind: "new",
    refund: {
      refund_id,
      amount_minor: amountMinor,
      currency,
      items: itemList(items),
      asked: requestOf(asked),
    },
  };
}

/** Copies the request. No field is undefined: the Firestore client drops a map in which each value is undefined. */
function requestOf({ amount, items }: AskedRefund): NonNullable<Refund["asked"]> {
  return {
    ...(amount === undefined ? {} : { amount }),
    ...(items === undefined ? {} : { items: itemList(quantityByProduct(items)) }),
  };
}

/** Tells whether a request repeats a known refund: the same request again, or the refund's own amount and items. */
function isSameRefund(order: Payable, { known, asked }: { known: Refund; asked: AskedRefund }): boolean {
  const { amount, items } = asked;
  const { currency = order.currency } = known;
  const isAskedAgain = known.asked?.amount === amount && itemText(known.asked?.items) === itemText(items);
  if (known.asked && isAskedAgain) return true;
  const isSameAmount = amount !== undefined && toMinor(amount, currency) === known.amount_minor;
  return isSameAmount && itemText(items ?? []) === itemText(known.items);
}

function otherRefund(order: Payable, known: Refund): string {
  const { refund_id, amount_minor, items, currency = order.currency } = known;
  const money = `${fromMinor(amount_minor, currency)} ${currency}`;
  return `The refund ${refund_id} has already given back ${money} and ${itemText(items) || "no items"}.`;
}

/** Formats items as text, independent of their sequence and of how they are split. */
function itemText(items: readonly OrderItem[] | undefined): string | undefined {
  if (items === undefined) return undefined;
  const texts = itemList(quantityByProduct(items)).map(
    ({ product_id, quantity }) => `${quantity} ${product_id}`,
  );
  return texts.sort().join(", ");
}

function refundAmount(order: Payable, { amount, items }: AskedRefund, leftMinor: number): number | undefined {
  if (amount !== undefined) return toMinor(amount, paidCurrency(order));
  if (items === undefined) return leftMinor;
  // Item prices are in the order's currency: a payment in another currency has no price by item.
  if (paidCurrency(order) !== order.currency) return undefined;
  const priced = items.map(({ product_id, quantity }) => {
    const line = order.items.find(other => other.product_id === product_id);
    return line?.unit_price_minor === undefined ? undefined : timesMinor(line.unit_price_minor, quantity);
  });
  const sum = sumMinor(priced);
  // An earlier refund of money alone may leave less than the price of the last items.
  return sum === undefined ? undefined : Math.min(sum, leftMinor);
}

function amountFaults(
  order: Payable,
  { amount }: AskedRefund,
  { amountMinor, leftMinor }: { amountMinor: number | undefined; leftMinor: number },
): ValidationFault[] {
  const isAllowed = amountMinor !== undefined && amountMinor > 0 && amountMinor <= leftMinor;
  if (isAllowed) return [];
  const currency = paidCurrency(order);
  const expected = `an amount in ${currency} above 0 and up to ${fromMinor(leftMinor, currency)}, the part of the payment that is not refunded`;
  return [{ pointer: "/amount", expected, received: amount === undefined ? "nothing" : String(amount) }];
}

function refundItemFaults(items: readonly OrderItem[], left: ReadonlyMap<string, number>): ValidationFault[] {
  const asked = quantityByProduct(items);
  return items.flatMap(({ product_id }, index) => {
    const most = left.get(product_id);
    const quantity = asked.get(product_id) ?? 0;
    if (most === undefined) {
      const pointer = `/items/${index}/product_id`;
      return [{ pointer, expected: "a product of this order", received: product_id }];
    }
    const pointer = `/items/${index}/quantity`;
    const expected = `at most ${most}, the ordered quantity that is not returned yet`;
    return quantity <= most ? [] : [{ pointer, expected, received: String(quantity) }];
  });
}

/** Lists the quantity of each product that was ordered and is not returned yet. */
function itemsLeft({ items, refunds }: Payable): Map<string, number> {
  const back = quantityByProduct(refunds.flatMap(refund => refund.items));
  const ordered = [...quantityByProduct(items)];
  return new Map(ordered.map(([id, quantity]) => [id, Math.max(quantity - (back.get(id) ?? 0), 0)]));
}

function itemList(quantities: ReadonlyMap<string, number>): OrderItem[] {
  return [...quantities]
    .map(([product_id, quantity]) => ({ product_id, quantity }))
    .filter(({ quantity }) => quantity > 0);
}
