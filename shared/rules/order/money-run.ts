/** The sequence of payments and refunds of an order in its own currency, one after the other by time. */
import { quantityByProduct } from "../quantities.ts";
import type { Claim, OrderFacts, Payment, Refund } from "./facts.ts";
import { compareFacts } from "./facts.ts";
import { countedPayments } from "./payments.ts";
import type { LineShare } from "./shares.ts";
import { lineShares, shareOf } from "./shares.ts";

/** The result of the facts so far, in minor units of the order's currency. */
export interface MoneyRun {
  ordered: ReadonlyMap<string, number>;
  shares: readonly LineShare[];
  /** The total less the shares of returned units. Absent: the total is not known. */
  due?: number;
  hasMoney: boolean;
  /** Payments with an id. */
  named: number;
  /** The largest claim. */
  claimed: number;
  paid: number;
  refunded: number;
  /** Refunds that lower what covers the total: of returned units, of surplus, and all before the order was covered. */
  counted: number;
  isCovered: boolean;
  /** True after all money of a covered order went back. */
  isClosed: boolean;
  returned: Map<string, number>;
  /** Refunds of money that has not come yet. */
  waiting: Refund[];
}

type Step = { fact: Payment | Claim | Refund; apply(run: MoneyRun): void };

/** Applies all payments, claims and refunds of an order in their sequence. */
export function moneyRun(order: OrderFacts): MoneyRun {
  const run: MoneyRun = {
    ordered: quantityByProduct(order.items),
    shares: lineShares(order),
    due: order.source === "unconfirmed" ? undefined : order.total_minor,
    hasMoney: false,
    ...{ named: 0, claimed: 0, paid: 0, refunded: 0, counted: 0 },
    isCovered: false,
    isClosed: false,
    returned: new Map(),
    waiting: [],
  };
  cover(run);
  for (const { apply } of stepsOf(order)) apply(run);
  // No money came for these refunds. They are kept, and named as a conflict.
  for (const refund of run.waiting) takeRefund(run, refund);
  return run;
}

function stepsOf(order: OrderFacts): Step[] {
  const isOwn = ({ currency = order.currency }: { currency?: string }) => currency === order.currency;
  const total = order.total_minor ?? 0;
  const steps: Step[] = [
    ...countedPayments(order)
      .filter(isOwn)
      .map(fact => ({ fact, apply: (run: MoneyRun) => addMoney(run, { named: fact.amount_minor }) })),
    ...order.claims.filter(isOwn).map(fact => ({
      fact,
      apply: (run: MoneyRun) =>
        addMoney(run, { claimed: fact.amount_minor ?? total, isUnknown: fact.amount_minor === undefined }),
    })),
    ...order.refunds.map(fact => {
      // Units that come back for money in another currency lower what is due all the same.
      const refund = isOwn(fact) ? fact : { ...fact, amount_minor: 0 };
      return { fact, apply: (run: MoneyRun) => addRefund(run, refund) };
    }),
  ];
  return steps.sort((one, other) => compareFacts(one.fact, other.fact));
}

/**
 * Adds a payment or a claim. A claim may state money that payments with an id have reported. An amount of zero is no
 * money, but a claim without an amount is.
 */
function addMoney(
  run: MoneyRun,
  { named = 0, claimed = 0, isUnknown = false }: { named?: number; claimed?: number; isUnknown?: boolean },
): void {
  run.hasMoney ||= isUnknown || named > 0 || claimed > 0;
  run.named += named;
  run.claimed = Math.max(run.claimed, claimed);
  run.paid = Math.max(run.claimed, run.named);
  cover(run);
  for (const refund of [...run.waiting]) {
    if (refund.amount_minor > run.paid - run.refunded) continue;
    run.waiting.splice(run.waiting.indexOf(refund), 1);
    takeRefund(run, refund);
  }
}

/** Applies a refund. Money cannot go back before it came: such a refund waits for its payment. */
function addRefund(run: MoneyRun, refund: Refund): void {
  if (refund.amount_minor > run.paid - run.refunded) run.waiting.push(refund);
  else takeRefund(run, refund);
}

/** Splits a refund: first the shares of its units, then the surplus. The rest of a covered order is goodwill. */
function takeRefund(run: MoneyRun, { amount_minor, items }: Refund): void {
  const { share_minor, isUnpriced } = shareOf(run.shares, items, run.returned);
  // The amount of a refund stands for the price of units without one.
  const share = isUnpriced ? Math.max(share_minor, amount_minor) : share_minor;
  giveBack(run, items);
  if (run.due !== undefined) run.due = Math.max(0, run.due - share);
  const ofItems = Math.min(amount_minor, share);
  run.counted += ofItems;
  const surplus = run.due === undefined ? 0 : Math.max(0, run.paid - run.counted - run.due);
  const rest = amount_minor - ofItems;
  run.counted += run.isCovered ? Math.min(rest, surplus) : rest;
  run.refunded += amount_minor;
  if (!run.isCovered && isAllBack(run)) run.due = 0;
  cover(run);
  close(run);
}

/** Marks the order as covered. Any payment in the order's currency covers an unknown total. */
function cover(run: MoneyRun): void {
  const isEnough = run.due === undefined ? run.hasMoney : Math.max(0, run.paid - run.counted) >= run.due;
  run.isCovered ||= isEnough;
}

/** Closes a covered order when all of its money went back although something was due. All units come back then. */
function close(run: MoneyRun): void {
  const isAllMoney = run.paid > 0 && run.refunded >= run.paid;
  if (!run.isCovered || !isAllMoney || run.due === 0) return;
  run.isClosed = true;
  run.due = 0;
}

function giveBack(run: MoneyRun, items: Refund["items"]): void {
  for (const { product_id, quantity } of items) {
    const ordered = run.ordered.get(product_id) ?? 0;
    const before = run.returned.get(product_id) ?? 0;
    run.returned.set(product_id, Math.min(ordered, before + quantity));
  }
}

/** Tells whether every ordered unit came back. */
export function isAllBack({ ordered, returned }: Pick<MoneyRun, "ordered" | "returned">): boolean {
  return ordered.size > 0 && [...ordered].every(([id, quantity]) => (returned.get(id) ?? 0) >= quantity);
}
