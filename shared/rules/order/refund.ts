/** Refunds of an order, as the owner of orders decides about them. */
import type { ValidationFault } from "../../events/fault.ts";
import { fromMinor, toMinor } from "../../values/money.ts";
import { quantityByProduct } from "../quantities.ts";
import type { OrderFacts, OrderItem, Refund } from "./facts.ts";
import { decisionTime } from "./facts.ts";
import type { MoneySums, OrderSums } from "./fold.ts";
import { foldOrder } from "./fold.ts";
import { MAX_REFUNDS } from "./limits.ts";
import type { Refused } from "./payment.ts";
import { refusedFor } from "./payment.ts";
import { itemList, itemsLeft, refundItemFaults } from "./refund-items.ts";
import type { AskedRefund } from "./refund-request.ts";
import { isSameRefund, otherRefund, requestOf } from "./refund-request.ts";
import { lineShares, shareOf } from "./shares.ts";

/** A refund before it has a time. */
type DecidedRefund = Omit<Refund, "at_ms" | "event_id" | "reported">;

type RefundDecision =
  | { kind: "new"; refund: DecidedRefund }
  | { kind: "known" }
  | Refused
  | { kind: "faults"; faults: ValidationFault[] };

/**
 * Decides about a refund: never more money than came and is still here, never more items than were ordered. A refund of
 * all money stops a parcel that has not left. Such a refund returns all items, even when it names fewer.
 */
export function decideRefund(order: OrderFacts, asked: AskedRefund): RefundDecision {
  const known = order.refunds.find(({ refund_id }) => refund_id === asked.refund_id);
  if (known)
    return isSameRefund(order, { known, asked }) ? { kind: "known" } : refusedFor(otherRefund(order, known));
  if (order.refunds.length >= MAX_REFUNDS) return refusedFor(`An order has at most ${MAX_REFUNDS} refunds.`);
  const sums = foldOrder(order);
  const money = moneyFor(sums, asked);
  if (!money) return refusedFor(reasonOfNoMoney(sums, asked));
  const left = itemsLeft(order);
  const { faults, amountMinor } = pricedRefund(order, asked, { money, sums, left });
  if (amountMinor === undefined || faults.length > 0) return { kind: "faults", faults };
  const { refund_id } = asked;
  const refund: DecidedRefund = {
    refund_id,
    amount_minor: amountMinor,
    currency: money.currency,
    items: itemList(quantityByProduct(asked.items ?? [])),
    asked: requestOf(asked),
  };
  return { kind: "new", refund: isLast(order, refund) ? { ...refund, items: itemList(left) } : refund };
}

/** Tells whether a refund ends an order whose parcel is here: all units come back with it. */
function isLast(order: OrderFacts, refund: DecidedRefund): boolean {
  if (order.dispatched) return false;
  const time = { at_ms: decisionTime(order, 0), event_id: "" };
  const refunds = [...order.refunds, { ...refund, ...time, reported: time }];
  return foldOrder({ ...order, refunds }).state === "refunded";
}

/** Selects the currency of a refund: the asked one, else the first one with money left, or owed back. */
function moneyFor(
  { own, others, isCovered, state }: OrderSums,
  { currency, owed, items }: AskedRefund,
): MoneySums | undefined {
  const wanted = [own, ...others].filter(sums => currency === undefined || sums.currency === currency);
  const found = wanted.find(sums => (owed ? sums.owed_back_minor : leftOf(sums)) > 0);
  // Units can come back without money: free units, and units whose money went back before.
  const isOpen = isCovered && state !== "cancelled" && items !== undefined && !owed;
  return found ?? (isOpen ? wanted.find(sums => sums === own) : undefined);
}

function reasonOfNoMoney({ own, others }: OrderSums, { owed, currency }: AskedRefund): string {
  if (owed) return "Nothing is owed back for the order.";
  const paid = [own, ...others].filter(sums => currency === undefined || sums.currency === currency);
  const isPaid = paid.some(({ paid_minor }) => paid_minor > 0);
  return isPaid
    ? "The payment of the order has been refunded completely."
    : "Nothing has been paid for the order.";
}

interface RefundContext {
  money: MoneySums;
  sums: OrderSums;
  left: ReadonlyMap<string, number>;
}

function pricedRefund(
  order: OrderFacts,
  asked: AskedRefund,
  { money, sums, left }: RefundContext,
): { amountMinor: number | undefined; faults: ValidationFault[] } {
  const { amount, items = [], owed } = asked;
  const partFaults = owed ? owedFaults(asked) : [];
  const itemFaults = refundItemFaults(items, left);
  const amountMinor = owed ? money.owed_back_minor : refundAmount(order, asked, { money, sums });
  const isFreeItem = amount === undefined && amountMinor === 0 && isFree(order, { items, sums });
  const isAllowed = amountMinor !== undefined && amountMinor > 0 && amountMinor <= leftOf(money);
  const faults = isAllowed || isFreeItem ? [] : [amountFault(money, asked)];
  return { amountMinor, faults: [...partFaults, ...faults, ...itemFaults] };
}

/** Tells whether units may come back without money: free units, or units of a parcel that has left. */
function isFree(
  order: OrderFacts,
  { items, sums }: { items: readonly OrderItem[]; sums: OrderSums },
): boolean {
  const { share_minor } = shareOf(lineShares(order), items, sums.returned);
  return items.length > 0 && (share_minor === 0 || order.dispatched !== undefined);
}

/** Returns the amount of a refund; undefined when the amount does not fit or an item has no price. */
function refundAmount(
  order: OrderFacts,
  { amount, items }: AskedRefund,
  { money, sums }: Pick<RefundContext, "money" | "sums">,
): number | undefined {
  if (amount !== undefined) return toMinor(amount, money.currency);
  if (items === undefined) return leftOf(money);
  // Shares are in the order's currency: money in another currency has no share by item.
  if (money.currency !== order.currency) return undefined;
  const { share_minor, isUnpriced } = shareOf(lineShares(order), items, sums.returned);
  // An earlier refund of money alone may leave less than the shares of the last items.
  return isUnpriced ? undefined : Math.min(share_minor, leftOf(money));
}

function amountFault(money: MoneySums, { amount }: AskedRefund): ValidationFault {
  const { currency } = money;
  const most = fromMinor(leftOf(money), currency);
  const expected = `an amount in ${currency} above 0 and up to ${most}, the part of the payment that is not refunded`;
  return { pointer: "/amount", expected, received: amount === undefined ? "nothing" : String(amount) };
}

function owedFaults({ amount, items }: AskedRefund): ValidationFault[] {
  const fault = (field: string) => ({
    pointer: `/${field}`,
    expected: `no ${field} with "owed"`,
    received: field,
  });
  return [
    ...(amount === undefined ? [] : [fault("amount")]),
    ...(items === undefined ? [] : [fault("items")]),
  ];
}

/** Returns the money that came in a currency and has not gone back. */
function leftOf({ paid_minor, refunded_minor }: MoneySums): number {
  return paid_minor - refunded_minor;
}
