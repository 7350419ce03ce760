import { expect, test } from "@jest/globals";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { dayNumbers } from "./day-numbers.ts";

const CARTS = { orders: 1, abandoned_carts: 3, recovered_orders: 1 };
const MONEY = {
  paid_minor_EUR: 1999,
  paid_orders: 1,
  failed_payments: 1,
  sales_minor_EUR: 2000,
  priced_orders_EUR: 3,
};

const sums: Sums = new Map<string, Record<string, number>>([
  [
    "total",
    {
      ...CARTS,
      ...MONEY,
      funnel_cart: 4,
      funnel_order: 1,
      searches_with_count: 4,
      searches_without_result: 2,
    },
  ],
  ["hour 07", { orders: 1, paid_minor_EUR: 1999 }],
  ["type order.placed", { events: 1 }],
  ["type cart.abandoned", { events: 3 }],
  ["product lamp", { views: 2, ordered: 1, sales_minor_EUR: 1999 }],
  ["product desk", { views: 5 }],
  ["mail order-confirmation", { sent: 1 }],
]);

test.each([
  ["counts all events", "events", 4],
  ["divides abandoned carts by all carts", "abandonment_rate", 0.75],
  ["divides recovered orders by abandoned carts", "recovery_rate", 0.3333],
  ["divides shoppers who ordered by shoppers with a cart", "conversion_rate", 0.25],
  ["divides failed attempts by all attempts to pay", "payment_failure_rate", 0.5],
  ["divides empty searches by counted searches", "empty_search_rate", 0.5],
  ["divides sales by the orders with a total", "average_order", { EUR: 6.67 }],
  ["counts products", "products", 2],
  ["lists mails by template", "mails", [{ template: "order-confirmation", sent: 1, skipped: 0 }]],
] as const)("%s", (_name, field, expected) => {
  expect(dayNumbers(sums)[field]).toEqual(expected);
});

test("returns no rate when nothing happened", () => {
  expect(dayNumbers(new Map())).toMatchObject({ abandonment_rate: null, recovery_rate: null, events: 0 });
});

test("keeps the recovery rate below 1 when carts were abandoned earlier", () => {
  const total = { abandoned_carts: 1, recovered_orders: 3, recovered_earlier: 3 };
  expect(dayNumbers(new Map([["total", total]])).recovery_rate).toBe(0.75);
});

test("ranks ordered products before viewed ones", () => {
  expect(dayNumbers(sums).top_products.map(({ product_id }) => product_id)).toEqual(["lamp", "desk"]);
});

test("adds products up by category", () => {
  const { categories } = dayNumbers(sums, new Map([["lamp", "light"]]));
  expect(categories.map(({ category, views }) => [category, views])).toEqual([
    ["light", 2],
    ["uncategorised", 5],
  ]);
});

test("gives the same text when the sums come in another order", () => {
  const reversed = new Map([...sums].reverse());
  expect(JSON.stringify(dayNumbers(reversed))).toBe(JSON.stringify(dayNumbers(sums)));
});
