import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { CartMoment } from "./recovery.ts";
import { recoveriesIn } from "./recovery.ts";

function moment(is: CartMoment["is"], received_at_ms: number, products = ["lamp"]): CartMoment {
  return { id: `${is} ${received_at_ms}`, received_at_ms, day: `day ${received_at_ms}`, products, is };
}
const left = (ms: number, products?: string[]) => moment("abandonment", ms, products);
const bought = (ms: number, products?: string[]) => moment("order", ms, products);

test.each<[string, CartMoment[], [string, string][]]>([
  ["an order after the abandonment", [left(1), bought(2)], [["order 2", "day 1"]]],
  ["the first of three orders", [left(1), bought(2), bought(3), bought(4)], [["order 2", "day 1"]]],
  ["no order before the abandonment", [bought(1), left(2)], []],
  ["no order of other products", [left(1), bought(2, ["chair"])], []],
  [
    "the order that names one of the products",
    [left(1, ["lamp", "rug"]), bought(2, ["chair"]), bought(3)],
    [["order 3", "day 1"]],
  ],
  [
    "each cycle once",
    [left(1), bought(2), left(3), bought(4)],
    [
      ["order 2", "day 1"],
      ["order 4", "day 3"],
    ],
  ],
  ["the latest of two cycles", [left(1), left(2), bought(3), bought(4)], [["order 3", "day 2"]]],
])("counts %s", (_name, history, expected) => {
  expect([...recoveriesIn(history)]).toEqual(expected);
});

test("counts at most one order per abandonment in every order of arrival", () => {
  const arbMoment = fc.record({
    is: fc.constantFrom("abandonment" as const, "order" as const),
    ms: fc.nat(50),
    products: fc.subarray(["lamp", "rug"], { minLength: 1 }),
  });
  fc.assert(
    fc.property(fc.array(arbMoment, { maxLength: 12 }), fc.nat(), (moments, turn) => {
      const history = moments.map(({ is, ms, products }, index) => ({
        ...moment(is, ms, products),
        id: `${index}`,
      }));
      const shift = turn % (history.length + 1);
      const recovered = recoveriesIn(history);
      expect(recoveriesIn([...history.slice(shift), ...history.slice(0, shift)])).toEqual(recovered);
      const abandoned = history.filter(({ is }) => is === "abandonment").length;
      expect(recovered.size).toBeLessThanOrEqual(abandoned);
    }),
  );
});
