import { expect, test } from "@jest/globals";
import type { ExpectedOrderFact } from "./expected-order.ts";
import { expectedSums, expectedUnits } from "./expected-order.ts";

const order_id = "ord_1";
const USD = (amount_minor: number, n: number) => ({
  amount_minor,
  currency: "USD",
  at_ms: n,
  event_id: `evt_${n}`,
});
const refund: ExpectedOrderFact = { order_id, type: "refund", refund_id: "r1", ...USD(500, 7) };
const claim = (revision: number, quantity: number): ExpectedOrderFact => ({
  order_id,
  type: "held",
  revision,
  held: [
    { product_id: "cup", quantity },
    { product_id: "hat", quantity: 1 },
  ],
});

test("holds the stocked items of the highest revision", () => {
  const facts = [claim(1, 3), claim(2, 2)];
  for (const arrived of [facts, facts.toReversed()])
    expect(expectedUnits(arrived, new Set(["hat"]))).toEqual(new Map([["cup", 2]]));
});

test("adds up payments and counts each payment and refund once", () => {
  const paid = (n: number, amount_minor: number): ExpectedOrderFact => {
    const ids = { payment_id: `p${n}`, event_id: `evt_${n}`, at_ms: n };
    return { order_id, type: "paid", amount_minor, currency: "USD", ...ids };
  };
  const facts = [paid(1, 1500), paid(2, 100), paid(1, 1500), refund, refund];
  expect(expectedSums(order_id, facts).get("USD")).toMatchObject({ paid_minor: 1600, refunded_minor: 500 });
});
