import { expect, test } from "@jest/globals";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { dayNumbers } from "./day-numbers.ts";

const sums: Sums = new Map<string, Record<string, number>>([
  ["total", { orders: 1, abandoned_carts: 3, recovered_orders: 1, paid_minor_EUR: 1999 }],
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
  ["counts products", "products", 2],
  ["lists mails by template", "mails", [{ template: "order-confirmation", sent: 1, skipped: 0 }]],
] as const)("%s", (_name, field, expected) => {
  expect(dayNumbers(sums)[field]).toEqual(expected);
});

test("returns no rate when nothing happened", () => {
  expect(dayNumbers(new Map())).toMatchObject({ abandonment_rate: null, recovery_rate: null, events: 0 });
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
