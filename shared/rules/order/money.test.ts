import { describe, expect, test } from "@jest/globals";
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
import { balancesOf, heldItems, shipmentOf } from "./balance.ts";
import { decideDispatch } from "./parcel.ts";

const CUP = (quantity: number) => [{ product_id: "cup", quantity }];
const p = (n: number, amount: number) => paid(n, amount, { id: `p${n}` });

/** Sums of the order's currency: paid, refunded, owed back, still due. */
function moneyAfter(facts: readonly Fact[]) {
  const order = orderAfter(facts);
  const [own, ...others] = balancesOf(order);
  return {
    state: order.state,
    sums: [own?.paid_minor, own?.refunded_minor, own?.owed_back_minor, own?.still_due_minor],
    others: others.map(({ currency, paid_minor, owed_back_minor }) => [
      currency,
      paid_minor,
      owed_back_minor,
    ]),
    shipment: shipmentOf(order),
    held: heldItems(order).map(({ quantity }) => quantity),
  };
}

describe("payments", () => {
  test.each<[string, Fact[], string, number[]]>([
    ["two payments of the same amount", [p(1, 10_000), p(2, 10_000)], "paid", [20_000, 0, 10_000, 0]],
    ["two part payments", [p(1, 6000), p(2, 4000)], "paid", [10_000, 0, 0, 0]],
    ["two equal halves", [p(1, 5000), p(2, 5000)], "paid", [10_000, 0, 0, 0]],
    ["one part payment", [p(1, 6000)], "placed", [6000, 0, 0, 4000]],
    ["a small payment before the whole one", [p(1, 100), p(2, 10_000)], "paid", [10_100, 0, 100, 0]],
    ["one payment reported twice", [p(1, 10_000), paid(2, 10_000, { id: "p1" })], "paid", [10_000, 0, 0, 0]],
    ["a corrected amount", [p(1, 10_000), paid(2, 6000, { id: "p1" })], "placed", [6000, 0, 0, 4000]],
    ["a claim and its payment", [paid(1, 10_000), p(2, 10_000)], "paid", [10_000, 0, 0, 0]],
    [
      "a claim and two payments",
      [paid(1, 10_000), p(2, 10_000), p(3, 10_000)],
      "paid",
      [20_000, 0, 10_000, 0],
    ],
    ["no payment", [], "placed", [0, 0, 0, 10_000]],
  ])("adds up %s", (_what, facts, state, sums) => {
    expect(moneyAfter([placed(), ...facts])).toMatchObject({ state, sums });
  });

  test("covers nothing with another currency, and owes it back whole", () => {
    expect(moneyAfter([placed(), paid(1, 10_000, { id: "y", currency: "JPY" })])).toMatchObject({
      state: "placed",
      sums: [0, 0, 0, 10_000],
      others: [["JPY", 10_000, 10_000]],
    });
  });

  test("keeps the first currency of a payment id and names the other", () => {
    const order = orderAfter([
      placed(),
      paid(2, 900, { id: "x", currency: "JPY" }),
      paid(1, 10_000, { id: "x" }),
    ]);
    expect(order).toMatchObject({ state: "paid" });
    expect(balancesOf(order)).toHaveLength(1);
    expect(order.conflicts).toEqual([
      { kind: "payment-currency", event_id: "evt_2", payment_id: "x", currency: "JPY", amount_minor: 900 },
    ]);
  });

  test("covers an unknown total with no payment of zero", () => {
    const unknown = placed({ items: [{ product_id: "cup", quantity: 2 }], total_minor: undefined });
    for (const nothing of [p(1, 0), paid(1, 0)])
      expect(moneyAfter([unknown, nothing])).toMatchObject({ state: "placed", shipment: "waiting" });
    expect(moneyAfter([unknown, p(1, 0), p(2, 1)])).toMatchObject({ state: "paid" });
    const claim = { items: [{ product_id: "cup", quantity: 2 }], total_minor: undefined, isPaid: true };
    expect(moneyAfter([placed(claim)])).toMatchObject({ state: "paid" });
    expect(moneyAfter([placed({ total_minor: 0 }), p(1, 0)])).toMatchObject({ state: "paid" });
  });

  test("sends nothing for a payment before its order was placed", () => {
    const [early, late] = [orderAfter([p(1, 6000)]), orderAfter([p(1, 6000), placed()])];
    expect([early, late].map(shipmentOf)).toEqual(["waiting", "waiting"]);
    expect(decideDispatch(early, {})).toMatchObject({ kind: "refused" });
    expect(shipmentOf(orderAfter([p(1, 10_000), placed()]))).toBe("requested");
  });

  test("covers an unknown total with a payment in the order's currency only", () => {
    const unknown = placed({ total_minor: undefined });
    expect(moneyAfter([unknown, p(1, 1)])).toMatchObject({ state: "paid", sums: [1, 0, 0, 0] });
    expect(moneyAfter([unknown, paid(1, 900, { id: "y", currency: "JPY" })])).toMatchObject({
      state: "placed",
    });
  });

  test("pays a free order at its placement", () => {
    expect(moneyAfter([placed({ total_minor: 0 })])).toMatchObject({ state: "paid", shipment: "requested" });
  });
});

describe("refunds", () => {
  const twice = [placed(), p(1, 10_000), p(2, 10_000)];
  const once = [placed(), p(1, 10_000)];
  test.each<[string, Fact[], string, number[], string]>([
    ["one of two payments", [...twice, refunded(3, 10_000)], "paid", [20_000, 10_000, 0, 0], "requested"],
    [
      "the surplus of unequal payments",
      [placed(), p(1, 10_000), p(2, 12_000), refunded(3, 12_000)],
      "paid",
      [22_000, 12_000, 0, 0],
      "requested",
    ],
    ["both payments", [...twice, refunded(3, 20_000)], "refunded", [20_000, 20_000, 0, 0], "stopped"],
    ["goodwill", [...once, refunded(2, 4000)], "paid", [10_000, 4000, 0, 0], "requested"],
    [
      "all in two parts",
      [...once, refunded(2, 4000), refunded(3, 6000)],
      "refunded",
      [10_000, 10_000, 0, 0],
      "stopped",
    ],
    [
      "a part payment",
      [placed(), p(1, 6000), refunded(2, 6000)],
      "placed",
      [6000, 6000, 0, 10_000],
      "waiting",
    ],
    [
      "a part payment before the whole one",
      [placed(), p(1, 6000), refunded(2, 6000), p(3, 10_000)],
      "paid",
      [16_000, 6000, 0, 0],
      "requested",
    ],
    ["a unit", [...once, refunded(2, 5000, CUP(1))], "paid", [10_000, 5000, 0, 0], "requested"],
    ["a unit for less", [...once, refunded(2, 4000, CUP(1))], "paid", [10_000, 4000, 1000, 0], "requested"],
    ["all units", [...once, refunded(2, 10_000, CUP(2))], "refunded", [10_000, 10_000, 0, 0], "stopped"],
    [
      "a payment after all went back",
      [...once, refunded(2, 10_000), p(3, 10_000)],
      "refunded",
      [20_000, 10_000, 10_000, 0],
      "stopped",
    ],
    [
      "money that comes later",
      [placed(), refunded(1, 10_000), p(2, 10_000)],
      "refunded",
      [10_000, 10_000, 0, 0],
      "stopped",
    ],
    ["more than came", [...once, refunded(2, 50_000)], "refunded", [10_000, 50_000, 0, 0], "stopped"],
  ])("gives back %s", (_what, facts, state, sums, shipment) => {
    expect(moneyAfter(facts)).toMatchObject({ state, sums, shipment });
  });

  test("names a refund of more than came", () => {
    expect(orderAfter([...once, refunded(2, 50_000)]).conflicts).toEqual([
      { kind: "refunded-more-than-paid", currency: "USD", amount_minor: 40_000 },
    ]);
  });

  test("ships the free unit after the paid one came back", () => {
    const items = [
      { product_id: "cup", quantity: 1, unit_price_minor: 10_000 },
      { product_id: "cup", quantity: 1, unit_price_minor: 0 },
    ];
    const facts = [placed({ items }), p(1, 10_000), refunded(2, 10_000, CUP(1))];
    expect(moneyAfter(facts)).toMatchObject({ state: "paid", held: [1], shipment: "requested" });
  });

  test("keeps the units of a left parcel when all money goes back", () => {
    expect(moneyAfter([...once, left(2), refunded(3, 10_000)])).toMatchObject({
      state: "refunded",
      held: [2],
      shipment: "left",
    });
  });
});

describe("cancellation", () => {
  test("owes back every payment of a cancelled order", () => {
    const facts = [placed(), cancelled(1), p(2, 10_000), p(3, 10_000)];
    expect(moneyAfter(facts)).toMatchObject({ state: "cancelled", sums: [20_000, 0, 20_000, 0], held: [] });
  });

  test("cancels by a failed payment only without an earlier payment", () => {
    expect(moneyAfter([placed(), paymentFailed(5)])).toMatchObject({ state: "cancelled" });
    expect(moneyAfter([placed(), paymentFailed(5), p(4, 100)])).toMatchObject({ state: "placed" });
    expect(moneyAfter([placed(), paymentFailed(5), p(6, 10_000)])).toMatchObject({
      state: "cancelled",
      sums: [10_000, 0, 10_000, 0],
    });
  });

  test("never cancels what has left", () => {
    for (const facts of [
      [p(1, 10_000), left(2), cancelled(3)],
      [p(1, 10_000), cancelled(1), left(2)],
      [paymentFailed(1), left(2), p(3, 10_000)],
    ])
      expect(moneyAfter([placed(), ...facts])).toMatchObject({ state: "paid", shipment: "left", held: [2] });
  });
});
