import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Fact } from "../../../scripts/test/order-facts.ts";
import {
  cancelled,
  left,
  orderAfter,
  paid,
  paymentFailed,
  placed,
  refunded,
} from "../../../scripts/test/order-facts.ts";
import type { Balance, BalanceChange } from "./balance.ts";
import { balanceChanges, balancesOf, heldItems } from "./balance.ts";
import type { OrderItem } from "./facts.ts";
import { foldOrder } from "./fold.ts";
import { newOrder } from "./order.ts";
import { decideAttempt } from "./payment.ts";
import { decideRefund } from "./refund.ts";

const amount = fc.constantFrom(0, 1, 2500, 4000, 5000, 6000, 10_000, 12_000);
const currency = fc.constantFrom("USD", "USD", "USD", "JPY");
const items: fc.Arbitrary<OrderItem[]> = fc.constantFrom<OrderItem[]>(
  [],
  [],
  [{ product_id: "cup", quantity: 1 }],
  [{ product_id: "cup", quantity: 2 }],
);
type Kind = "payment" | "claim" | "refund" | "cancelled" | "failed" | "left";
const kinds: Kind[] = [
  "payment",
  "payment",
  "payment",
  "claim",
  "refund",
  "refund",
  "cancelled",
  "failed",
  "left",
];
const arbFact = fc.record({
  kind: fc.constantFrom(...kinds),
  minute: fc.integer({ min: 1, max: 12 }),
  amount,
  id: fc.constantFrom("1", "2", "3"),
  currency,
  items,
});
const arbFacts = fc.array(arbFact, { maxLength: 9 }).map(drawn =>
  drawn.map((each, index): Fact => {
    const { kind, minute, amount, id, currency, items } = each;
    const when = { minute, id: `${index}` };
    if (kind === "payment") return paid(when, amount, { id, currency });
    if (kind === "claim") return paid(when, amount, { currency });
    if (kind === "refund") return refunded(when, amount, items, { id, currency });
    if (kind === "cancelled") return cancelled(when, `reason ${index}`);
    return kind === "failed" ? paymentFailed(when) : left(20);
  }),
);
const arbOrder = fc.constantFrom(
  placed(),
  placed({ total_minor: undefined }),
  placed({ total_minor: 0 }),
  placed({ total_minor: 7999, discount_minor: 1500 }),
  placed({ total_minor: 10_500, shipping_minor: 500, isPaid: true }),
);

test("ends in one order in every order of arrival and with repeats", () => {
  const arbCase = fc.tuple(arbFacts, arbOrder).chain(([facts, first]) => {
    const all = [first, ...facts];
    return fc.tuple(
      fc.shuffledSubarray(all, { minLength: all.length }),
      fc.shuffledSubarray([...all, ...all], { minLength: 2 * all.length }),
    );
  });
  fc.assert(
    fc.property(arbCase, ([once, twice]) => {
      const [one, other] = [orderAfter(once), orderAfter(twice)];
      expect(other).toEqual(one);
      expect(balancesOf(other)).toEqual(balancesOf(one));
    }),
    { numRuns: 2000 },
  );
});

test("adds up all changes to the final balance without negative sums", () => {
  fc.assert(
    fc.property(arbFacts, arbOrder, (facts, first) => {
      let order = newOrder("o", { currency: "USD", atMs: 60_000_000 });
      let before: Balance[] = [];
      const sums = new Map<string, number>();
      for (const fact of [first, ...facts]) {
        order = fact(order);
        for (const { currency: of, ...change } of balanceChanges(before, balancesOf(order)))
          for (const [name, n] of Object.entries(change))
            sums.set(`${of} ${name}`, (sums.get(`${of} ${name}`) ?? 0) + n);
        before = balancesOf(order);
        expect(heldItems(order).every(({ quantity }) => quantity > 0 && quantity <= 2)).toBe(true);
      }
      const last = balanceChanges([], before) as (BalanceChange & Record<string, number>)[];
      const final = new Map(
        last.flatMap(({ currency: of, ...each }) =>
          Object.entries(each).map(([name, n]) => [`${of} ${name}`, Number(n)]),
        ),
      );
      for (const [name, n] of sums) expect([name, n]).toEqual([name, final.get(name) ?? 0]);
      for (const n of final.values()) expect(n).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 1000 },
  );
});

const arbRefund = fc.record(
  {
    amount: amount.map(minor => minor / 100),
    items: items.filter(list => list.length > 0),
    owed: fc.constant(true as const),
    currency: fc.constantFrom("USD", "JPY"),
  },
  { requiredKeys: [] },
);

test("never pays out more than came by our own commands", () => {
  fc.assert(
    fc.property(arbFacts, arbOrder, fc.array(arbRefund, { maxLength: 6 }), (facts, first, asked) => {
      let order = orderAfter([first, ...facts]);
      asked.forEach((request, index) => {
        const before = foldOrder(order);
        const decision = decideRefund(order, { refund_id: `own${index}`, ...request });
        if (decision.kind !== "new") return;
        const { amount_minor, currency: of = "USD", items: back } = decision.refund;
        const money = [before.own, ...before.others].find(sums => sums.currency === of);
        expect(amount_minor).toBeLessThanOrEqual((money?.paid_minor ?? 0) - (money?.refunded_minor ?? 0));
        const time = { at_ms: 10 ** 9 + index, event_id: `own${index}` };
        order = { ...order, refunds: [...order.refunds, { ...decision.refund, ...time, reported: time }] };
        const returned = foldOrder(order).returned.get("cup") ?? 0;
        const units = back.reduce((sum, { quantity }) => sum + quantity, 0);
        expect(returned).toBe((before.returned.get("cup") ?? 0) + units);
      });
    }),
    { numRuns: 1000 },
  );
});

test("refunds an order item by item to the lines' part exactly", () => {
  const arbLines = fc.array(
    fc.record({
      product_id: fc.constantFrom("a", "b"),
      quantity: fc.integer({ min: 1, max: 4 }),
      unit_price_minor: fc.integer({ min: 1, max: 999 }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(
      arbLines,
      fc.integer({ min: 0, max: 5000 }),
      fc.integer({ min: 0, max: 500 }),
      (lines, total, shipping) => {
        const facts = placed({ items: lines, total_minor: total, shipping_minor: shipping, isPaid: true });
        let order = orderAfter([facts]);
        const start = foldOrder(order);
        const units = lines.flatMap(({ product_id, quantity }) =>
          Array.from({ length: quantity }, () => product_id),
        );
        units.forEach((product_id, index) => {
          const request = { refund_id: `r${index}`, items: [{ product_id, quantity: 1 }] };
          const decision = decideRefund(order, request);
          if (decision.kind !== "new") return;
          const time = { at_ms: 10 ** 9 + index, event_id: `e${index}` };
          order = { ...order, refunds: [...order.refunds, { ...decision.refund, ...time, reported: time }] };
        });
        const { own, state } = foldOrder(order);
        expect([start.own.paid_minor, own.owed_back_minor, own.still_due_minor]).toEqual([total, 0, 0]);
        expect(state).toBe("refunded");
        const sum = lines.reduce((all, line) => all + line.quantity * line.unit_price_minor, 0);
        const unexplained = total - shipping - sum;
        expect(own.refunded_minor).toBe(Math.min(total, Math.max(0, sum + Math.min(0, unexplained))));
      },
    ),
    { numRuns: 1000 },
  );
});

test("records every success of a new payment in every state", () => {
  fc.assert(
    fc.property(arbFacts, arbOrder, (facts, first) => {
      const order = orderAfter([first, ...facts]);
      const asked = { attempt_id: "new", payment_id: "new", outcome: "paid" } as const;
      expect(decideAttempt(order, asked)).toEqual({ kind: "new" });
    }),
  );
});
