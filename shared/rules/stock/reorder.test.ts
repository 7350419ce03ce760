import { expect, test } from "@jest/globals";
import { reorderQuantity } from "./reorder.ts";

test.each([
  ["fills up to twice the threshold", { current_stock: 5, threshold: 10 }, 15],
  ["adds the backordered quantity", { current_stock: -3, threshold: 10 }, 23],
  ["orders at least one", { current_stock: 0, threshold: 0 }, 1],
  ["orders at most MAX_QUANTITY", { current_stock: -1e9, threshold: 1e9 }, 1_000_000],
])("%s", (_name, stock, quantity) => expect(reorderQuantity(stock)).toBe(quantity));
