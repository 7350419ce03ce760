import { cartDifferences } from "./check-carts.ts";
import { archiveDifferences, followUpDifferences, ledgerDifferences } from "./check-events.ts";
import { orderDifferences, stockDifferences } from "./check-goods.ts";
import { mailDifferences, supplierDifferences, unknownEffects } from "./check-mail.ts";
import { moneyDifferences } from "./check-money.ts";
import type { Difference } from "./difference.ts";
import { acceptedOf, believeFailures, cartFactsOf } from "./facts.ts";
import type { DayNumbers, Found } from "./found.ts";
import type { Sent } from "./run-day.ts";
import type { Patience } from "./silences.ts";
import type { Goods } from "./step.ts";

export interface BooksOptions {
  goods: readonly Goods[];
  journal: readonly Sent[];
  found: Found;
  /** What analytics had counted before, and has by now. */
  days: { before: DayNumbers; after: DayNumbers };
  /** The shop's time at which everything had settled. */
  settledMs: number;
  /** After so long a cart is abandoned. */
  idleMs: number;
  /** What Pub/Sub gave up meanwhile, by event id. */
  deadLetters: readonly string[];
}

export interface Books {
  differences: Difference[];
  /** How many of each there were to check. */
  /** Effects of which nobody knows whether they happened. */
  unknown: string[];
  checked: {
    events: number;
    commands: number;
    orders: number;
    carts: number;
    abandoned: number;
    mails: number;
  };
}

/** A timer or a report from outside may be this much late, at most, for it to be sure what has to have happened. */
const LATE_MS = 30 * 60_000;

/** How late that is where carts are given up sooner than in a real shop. */
export function patienceOf(idleMs: number): Patience {
  return { idleMs, lateMs: Math.min(LATE_MS, idleMs / 2) };
}

/**
 * Closes the books: what was sent and what was answered, against what stands in the database. It works from the
 * answers alone and shares no rule with the functions that it checks.
 */
export function closeBooks({
  goods,
  journal,
  found,
  days,
  settledMs,
  idleMs,
  deadLetters,
}: BooksOptions): Books {
  const accepted = acceptedOf(journal);
  believeFailures(accepted, id => found.orders.get(id)?.state);
  const facts = cartFactsOf(accepted, found.archive);
  const patience = patienceOf(idleMs);
  const differences = [
    ...archiveDifferences(accepted, journal, found),
    ...ledgerDifferences(accepted, journal, found),
    ...followUpDifferences(accepted, found),
    ...stockDifferences(goods, accepted, found),
    ...orderDifferences(goods, accepted, found),
    ...moneyDifferences(accepted, found, days),
    ...mailDifferences(found),
    ...supplierDifferences(goods, found),
    ...cartDifferences({ facts, settledMs, patience }, found),
    ...deadLetters.map(id => ({ about: id, expected: "no dead letter", found: "one" })),
  ];
  const carts = new Set(facts.flat().flatMap(fact => (fact.kind === "order" ? [] : [fact.cart])));
  return {
    differences,
    unknown: unknownEffects(found),
    checked: {
      events: accepted.events.size,
      commands: accepted.commands.length,
      orders: accepted.orders.size,
      carts: carts.size,
      abandoned: found.archive.filter(({ event_type }) => event_type === "cart.abandoned").length,
      mails: found.effects.filter(({ state }) => state === "sent").length,
    },
  };
}
