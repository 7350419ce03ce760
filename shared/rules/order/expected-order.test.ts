import { expect, test } from "@jest/globals";
import type { ExpectedOrderFact } from "./expected-order.ts";
import { expectedSums, expectedUnits } from "./expected-order.ts";

const order_id = "ord_1";
const placed: ExpectedOrderFact = {
  order_id,
  type: "placed",
  items: [
    { product_id: "cup", quantity: 3 },
    { product_id: "hat", quantity: 1 },
  ],
};
const refund: ExpectedOrderFact = {
  order_id,
  type: "refund",
  refund_id: "r1",
  amount_minor: 500,
  currency: "USD",
  at_ms: 7,
  event_id: "evt_7",
  items: [{ product_id: "cup", quantity: 1 }],
};
const cancelled: ExpectedOrderFact = { order_id, type: "cancelled" };
const inHouse = { stocked: new Set(["cup"]), isGone: false };

test("holds the stocked items that are not returned", () => {
  expect(expectedUnits([placed, refund], inHouse)).toEqual(new Map([["cup", 2]]));
  expect(expectedUnits([refund, placed], inHouse)).toEqual(new Map([["cup", 2]]));
});

test("adds up payments and counts each payment and refund once", () => {
  const paid = (n: number, amount_minor: number): ExpectedOrderFact => {
    const ids = { payment_id: `p${n}`, event_id: `evt_${n}`, at_ms: n };
    return { order_id, type: "paid", amount_minor, currency: "USD", ...ids };
  };
  const facts = [placed, paid(1, 1500), paid(2, 100), paid(1, 1500), refund, refund];
  expect(expectedSums(order_id, facts).get("USD")).toMatchObject({ paid_minor: 1600, refunded_minor: 500 });
});

test("returns all items of a cancelled order unless the parcel has left", () => {
  expect(expectedUnits([placed, cancelled], inHouse)).toEqual(new Map());
  expect(expectedUnits([placed, cancelled], { ...inHouse, isGone: true })).toEqual(new Map([["cup", 3]]));
});
