import { MINUTE_MS } from "../../../shared/values/durations.ts";
import { acceptedOf } from "./accepted.ts";
import { adoptFailedPayments } from "./accepted-orders.ts";
import { cartFactsOf } from "./cart-facts.ts";
import { cartDifferences } from "./check-carts.ts";
import { archiveDifferences, followUpDifferences, ledgerDifferences } from "./check-events.ts";
import { orderDifferences, stockDifferences } from "./check-goods.ts";
import { mailDifferences, unknownEffects } from "./check-mail.ts";
import { moneyDifferences } from "./check-money.ts";
import { mayBeSent, reminderDifferences, remindersOf } from "./check-reminders.ts";
import { ownerDifferences } from "./check-owners.ts";
import { supplierDifferences } from "./check-supply.ts";
import type { Difference } from "./difference.ts";
import type { IdleLimits } from "./idle-periods.ts";
import type { Sent } from "./run-day.ts";
import type { DayNumbers, ShopState } from "./shop-state.ts";
import type { Goods } from "./step.ts";

export interface CheckInput {
  goods: readonly Goods[];
  journal: readonly Sent[];
  shop: ShopState;
  /** Totals of analytics before and after the day. */
  days: { before: DayNumbers; after: DayNumbers };
  /** The shop's time at which all work had finished. */
  finishedMs: number;
  /** Idle time after which a cart is abandoned. */
  idleMs: number;
  /** Event ids that Pub/Sub dead-lettered during the day. */
  deadLetters: readonly string[];
}

export interface CheckResult {
  differences: Difference[];
  /** Effects of which PulseCart does not know whether they happened. */
  unknown: string[];
  /** Number of checked items of each kind. */
  checked: {
    events: number;
    commands: number;
    orders: number;
    foreign: number;
    carts: number;
    abandoned: number;
    receipts: number;
    mails: number;
    reminders: number;
  };
}

/** Max delay of a timer or of a report from outside. The checks demand nothing within that time. */
const LATE_MS = 30 * MINUTE_MS;

/** Computes the limits for an idle time. A shorter idle time also shortens the allowed delay. */
export function idleLimits(idleMs: number): IdleLimits {
  return { idleMs, lateMs: Math.min(LATE_MS, idleMs / 2) };
}

/**
 * Compares the stored state of the shop with the expected one. The expectation uses only requests and answers, and shares
 * no rule with the functions under test.
 */
export function checkAll({
  goods,
  journal,
  shop,
  days,
  finishedMs,
  idleMs,
  deadLetters,
}: CheckInput): CheckResult {
  const accepted = acceptedOf(journal);
  adoptFailedPayments(accepted.orders, id => shop.orders.get(id)?.state);
  const facts = cartFactsOf(accepted, shop.archive);
  const limits = idleLimits(idleMs);
  const differences = [
    ...archiveDifferences(accepted, journal, shop),
    ...ledgerDifferences(accepted, journal, shop),
    ...followUpDifferences(accepted, shop),
    ...stockDifferences(goods, accepted, shop),
    ...orderDifferences(goods, accepted, shop),
    ...moneyDifferences(accepted, shop, days),
    ...mailDifferences(shop),
    ...reminderDifferences({ goods, facts, lateMs: limits.lateMs }, accepted, shop),
    ...supplierDifferences(goods, accepted, shop),
    ...ownerDifferences(accepted, shop),
    ...cartDifferences({ facts, finishedMs, limits }, shop),
    ...deadLetters.map(id => ({ about: id, expected: "no dead letter", found: "one" })),
  ];
  const carts = new Set(facts.flat().flatMap(fact => (fact.kind === "order" ? [] : [fact.cart])));
  return {
    differences,
    unknown: unknownEffects(shop),
    checked: {
      events: accepted.events.size,
      commands: accepted.commands.length,
      orders: accepted.orders.size,
      foreign: accepted.foreign.size,
      carts: carts.size,
      abandoned: shop.archive.filter(({ event_type }) => event_type === "cart.abandoned").length,
      receipts: accepted.receipts.length,
      mails: shop.effects.filter(({ state }) => state === "sent").length,
      reminders: remindersOf(shop.effects).filter(mayBeSent).length,
    },
  };
}
