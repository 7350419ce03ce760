import { expect, test } from "@jest/globals";
import { shortProducts } from "./stock-outlook.ts";

const short = (stock: number, ordered: number, days = 7) =>
  shortProducts(new Map([["lamp", stock]]), new Map([["lamp", ordered]]), days);

test("divides stock by the units sold a day", () => {
  expect(short(30, 21)).toEqual([{ product_id: "lamp", stock: 30, units_a_day: 3, days_of_cover: 10 }]);
});

test.each([
  ["stock for two weeks", 28, 14],
  ["no stock", 0, 14],
  ["missing stock", -3, 14],
  ["no sales", 5, 0],
])("leaves out a product with %s", (_what, stock, ordered) => {
  expect(short(stock, ordered)).toEqual([]);
});

test("lists the shortest cover first", () => {
  const stock = new Map([
    ["a", 9],
    ["b", 2],
  ]);
  const ordered = new Map([
    ["a", 7],
    ["b", 7],
  ]);
  expect(shortProducts(stock, ordered, 7).map(({ product_id }) => product_id)).toEqual(["b", "a"]);
});
