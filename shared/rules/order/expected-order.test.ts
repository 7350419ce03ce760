import { expect, test } from "@jest/globals";
import type { ExpectedOrderFact } from "./expected-order.ts";
import { expectedOrder } from "./expected-order.ts";

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
  items: [{ product_id: "cup", quantity: 1 }],
};
const cancelled: ExpectedOrderFact = { order_id, type: "cancelled" };
const inHouse = { stocked: new Set(["cup"]), isGone: false };

test("holds the stocked items that are not returned", () => {
  expect(expectedOrder([placed, refund], inHouse).held).toEqual(new Map([["cup", 2]]));
  expect(expectedOrder([refund, placed], inHouse).held).toEqual(new Map([["cup", 2]]));
});

test("lists each different payment and counts each refund once", () => {
  const paid = (amount_minor: number): ExpectedOrderFact => ({ order_id, type: "paid", amount_minor });
  const again = { ...refund, amount_minor: 900 };
  expect(expectedOrder([placed, paid(1500), paid(100), paid(1500), refund, again], inHouse)).toMatchObject({
    paid_minor: [1500, 100],
    refunded_minor: 500,
  });
});

test("returns all items of a cancelled order unless the parcel has left", () => {
  expect(expectedOrder([placed, cancelled], inHouse).held).toEqual(new Map());
  expect(expectedOrder([placed, cancelled], { ...inHouse, isGone: true }).held).toEqual(
    new Map([["cup", 3]]),
  );
});
