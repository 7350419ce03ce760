import { expect, test } from "@jest/globals";
import { reorderQuantity } from "./reorder.ts";

test.each([
  ["twice the threshold is filled up", { current_stock: 5, threshold: 10 }, 15],
  ["what is owed comes on top", { current_stock: -3, threshold: 10 }, 23],
  ["nothing is never ordered", { current_stock: 0, threshold: 0 }, 1],
  ["no order is larger than any quantity can be", { current_stock: -1e9, threshold: 1e9 }, 1_000_000],
])("%s", (_what, stock, quantity) => expect(reorderQuantity(stock)).toBe(quantity));
