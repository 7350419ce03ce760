import { expect, test } from "@jest/globals";
import { MAX_ITEMS, MAX_QUANTITY } from "../../events/limits.ts";
import type { PlaceOrder } from "./price-order.ts";
import { placeOrder } from "./price-order.ts";

const products = new Map([
  ["prod_991", { price_minor: 8999, currency: "USD", name: "Wireless Headphones" }],
  ["prod_2", { price_minor: 50, currency: "USD" }],
  ["prod_jpy", { price_minor: 100, currency: "JPY" }],
]);

const faultsOf = (command: PlaceOrder) => {
  const decision = placeOrder(command, products);
  return decision.ok ? [] : decision.faults;
};

test("prices an order by its products and merges items of one product", () => {
  const items = [
    { product_id: "prod_991", quantity: 1, unit_price: 89.99 },
    { product_id: "prod_2", quantity: 3 },
    { product_id: "prod_991", quantity: 1 },
  ];
  expect(placeOrder({ items, total: 181.48, currency: "USD" }, products)).toEqual({
    ok: true,
    order: {
      currency: "USD",
      total_minor: 18148,
      items: [
        { product_id: "prod_991", quantity: 2, unit_price_minor: 8999, name: "Wireless Headphones" },
        { product_id: "prod_2", quantity: 3, unit_price_minor: 50 },
      ],
    },
  });
});

test("lists each fault with pointer, expected and received value", () => {
  const items = [
    { product_id: "__proto__", quantity: 1 },
    { product_id: "prod_991", quantity: 0, unit_price: 80 },
    { product_id: "prod_jpy", quantity: 1 },
  ];
  expect(faultsOf({ items, currency: "EUR" })).toEqual([
    { pointer: "/items/0/product_id", expected: "an existing product", received: "__proto__" },
    { pointer: "/items/1/quantity", expected: "a whole number from 1 to 1000000", received: "0" },
    { pointer: "/items/1/unit_price", expected: "89.99 USD", received: "80" },
    {
      pointer: "/items/2/product_id",
      expected: "a product priced in USD, like the first product",
      received: "a product priced in JPY",
    },
    { pointer: "/currency", expected: "USD", received: "EUR" },
  ]);
});

test("refuses a total that differs from the sum of the prices", () => {
  const items = [{ product_id: "prod_991", quantity: 1 }];
  expect(faultsOf({ items, total: 89.98 })).toEqual([
    { pointer: "/total", expected: "89.99 USD", received: "89.98" },
  ]);
  expect(faultsOf({ items, total: 89.99 })).toEqual([]);
});

test.each([
  ["no items", []],
  ["too many items", Array.from({ length: MAX_ITEMS + 1 }, () => ({ product_id: "prod_2", quantity: 1 }))],
  [
    "too much of one product in several items",
    [1, 2].map(() => ({ product_id: "prod_2", quantity: MAX_QUANTITY })),
  ],
])("refuses an order with %s", (_name, items) => {
  expect(faultsOf({ items })).toMatchObject([{ pointer: "/items" }]);
});
