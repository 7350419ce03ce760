import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { fromMinor, toMinor } from "../../values/money.ts";
import type { ToMoney } from "../counting/daily-facts.ts";
import { countFact, factsOf, mergedChanges, sumTallies } from "../counting/daily-facts.ts";
import type { Balance } from "../order/balance.ts";
import { balanceChanges } from "../order/balance.ts";
import { counted, emptyContact } from "./contact.ts";
import type { OrderWorth } from "./order-worth.ts";
import { buyerChanges, isSameWorth, NO_ORDER_WORTH, orderWorthAfter } from "./order-worth.ts";
import { countOrder, firstRecord } from "./segment.ts";

type BalanceFact = PulseCartEvent<"order.balance_changed">;

const money: ToMoney = (amount, currency = "USD") => ({
  amount_minor: toMinor(amount, currency) ?? Number.NaN,
  currency,
});

/** One revision of an order: its buyer, the day of its receipt, and its balances. */
interface Revision {
  user?: string;
  day: number;
  balances: Balance[];
}

const balance = (currency: string): fc.Arbitrary<Balance> =>
  fc.record({
    currency: fc.constant(currency),
    orders: fc.nat(1),
    total_minor: fc.nat(9999),
    paid_minor: fc.nat(9999),
    refunded_minor: fc.nat(9999),
    owed_back_minor: fc.nat(99),
    still_due_minor: fc.nat(99),
    paid_orders: fc.nat(1),
  });

const revision: fc.Arbitrary<Revision> = fc.record(
  {
    user: fc.constantFrom("ann", "ben"),
    day: fc.nat(3),
    balances: fc.tuple(balance("USD"), balance("JPY")).map(both => both),
  },
  { requiredKeys: ["day", "balances"] },
);

const orders = fc.array(fc.array(revision, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 });

function decimals({ currency, orders, paid_orders, ...minor }: Balance) {
  const sums = Object.entries(minor).map(([name, sum]) => [
    name.replace("_minor", ""),
    fromMinor(sum, currency),
  ]);
  return { currency, orders, paid_orders, ...Object.fromEntries(sums) };
}

/** Builds the balance facts of an order, as the owner announces them. */
function factsAbout(revisions: readonly Revision[], order: number): BalanceFact[] {
  return revisions.map(({ user, day, balances }, index) => {
    const received_at = `2026-11-2${day}T08:00:00.${String(index).padStart(3, "0")}Z`;
    const payload = {
      revision: index + 1,
      state: "placed",
      balances: balances.map(decimals),
      changes: balanceChanges(revisions[index - 1]?.balances ?? [], balances).map(decimals),
      held: [],
      shipment: "waiting",
    };
    const ids = {
      producer: "checkout",
      event_id: `evt_${order}_${index}`,
      order_id: `ord_${order}`,
      user_id: user,
    };
    return {
      event_type: "order.balance_changed",
      ...ids,
      received_at,
      timestamp: received_at,
      payload,
    } as unknown as BalanceFact;
  });
}

/** Counts facts as the reactions do: the day's numbers, contacts and segments. */
function countAll(facts: readonly BalanceFact[]) {
  const worths = new Map<string, OrderWorth>();
  const known = new Map<string, NonNullable<ReturnType<typeof countFact>>["after"]>();
  const contacts = new Map([..."ann ben".split(" ")].map(id => [id, emptyContact(id)]));
  const records = new Map([..."ann ben".split(" ")].map(id => [id, firstRecord(id)]));
  const days = facts.flatMap(event => {
    const report = {
      day: event.received_at.slice(0, 10),
      received_at_ms: Date.parse(event.received_at),
      id: event.event_id,
    };
    return factsOf(event, money).flatMap(({ key, tally }) => {
      const one = countFact(known.get(key.join(" ")), report, tally);
      if (one) known.set(key.join(" "), one.after);
      return one?.changes ?? [];
    });
  });
  for (const event of facts) {
    const before = worths.get(event.order_id) ?? NO_ORDER_WORTH;
    const after = orderWorthAfter(before, event, money);
    if (isSameWorth(before, after)) continue;
    worths.set(event.order_id, after);
    for (const { user_id, worth } of buyerChanges(before, after)) {
      contacts.set(user_id, counted(contacts.get(user_id) ?? emptyContact(user_id), worth));
      records.set(user_id, countOrder(records.get(user_id) ?? firstRecord(user_id), worth));
    }
  }
  const byDay = mergedChanges(days).sort((a, b) => (a.day < b.day ? -1 : 1));
  return { days: byDay, contacts: [...contacts.values()], records: [...records.values()] };
}

test("gives the same days, contacts and segments in every order of arrival", () => {
  const cases = orders.chain(list => {
    const facts = list.flatMap(factsAbout);
    const shuffled = fc.shuffledSubarray([...facts, ...facts], { minLength: facts.length * 2 });
    return fc.tuple(fc.constant(list), fc.constant(facts), shuffled);
  });
  fc.assert(
    fc.property(cases, ([list, facts, shuffled]) => {
      const result = countAll(shuffled);
      expect(result).toEqual(countAll(facts));
      const last = list.map(revisions => revisions.at(-1));
      for (const code of ["USD", "JPY"]) {
        const sum = (name: "total_minor" | "paid_minor" | "refunded_minor", user?: string) =>
          last
            .filter(one => user === undefined || one?.user === user)
            .reduce(
              (all, one) => all + (one?.balances.find(({ currency }) => currency === code)?.[name] ?? 0),
              0,
            );
        const total = sumTallies(result.days.map(({ tally }) => tally));
        expect(total[`sales_minor_${code}`] ?? 0).toBe(sum("total_minor"));
        expect(total[`paid_minor_${code}`] ?? 0).toBe(sum("paid_minor"));
        expect(total[`refunded_minor_${code}`] ?? 0).toBe(sum("refunded_minor"));
        for (const [index, { user_id, spent_minor }] of result.contacts.entries()) {
          const net = sum("paid_minor", user_id) - sum("refunded_minor", user_id);
          expect(spent_minor[code] ?? 0).toBe(net);
          expect(result.records[index]?.net_minor[code] ?? 0).toBe(net);
        }
      }
    }),
  );
});

test("keeps the time of the latest payment when facts arrive reversed", () => {
  const paid = (paid_minor: number): Balance => ({
    currency: "USD",
    orders: 1,
    total_minor: 9,
    paid_minor,
    refunded_minor: 0,
    owed_back_minor: 0,
    still_due_minor: 0,
    paid_orders: 1,
  });
  const facts = factsAbout(
    [1, 9, 9].map((amount, day) => ({ user: "ann", day, balances: [paid(amount)] })),
    1,
  );
  const after = (list: readonly BalanceFact[]) =>
    list.reduce((worth, fact) => orderWorthAfter(worth, fact, money), NO_ORDER_WORTH);
  expect(after(facts.toReversed())).toEqual(after(facts));
  expect(after(facts).last_paid_at_ms).toBe(Date.parse("2026-11-21T08:00:00.001Z"));
});
