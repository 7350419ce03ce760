import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { lineShares, shareOf, totalParts } from "./shares.ts";

const line = (product_id: string, quantity: number, unit_price_minor?: number) => ({
  product_id,
  quantity,
  unit_price_minor,
});
const shareIn = (order: Parameters<typeof lineShares>[0], product_id: string, quantity: number) =>
  shareOf(lineShares(order), [{ product_id, quantity }], new Map()).share_minor;

describe("shares of units", () => {
  test("divides a discount among the units", () => {
    expect(shareIn({ items: [line("c", 2, 5000)], total_minor: 5000 }, "c", 1)).toBe(2500);
    expect(shareIn({ items: [line("a", 10, 2390)], total_minor: 17_925 }, "a", 5)).toBe(8963);
    expect(shareIn({ items: [line("a", 1, 600), line("b", 1, 400)], total_minor: 900 }, "a", 1)).toBe(540);
  });

  test("rounds up the largest remainder, not the dearest line", () => {
    const order = { items: [line("a", 1, 300), line("b", 1, 200)], total_minor: 4 };
    expect(["a", "b"].map(id => shareIn(order, id, 1))).toEqual([2, 2]);
  });

  test("gives back the dearest unit of a product first", () => {
    const order = { items: [line("a", 1, 0), line("a", 1, 10_000)], total_minor: 10_000 };
    expect([1, 2].map(quantity => shareIn(order, "a", quantity))).toEqual([10_000, 10_000]);
    const once = new Map([["a", 1]]);
    expect(shareOf(lineShares(order), [{ product_id: "a", quantity: 1 }], once).share_minor).toBe(0);
  });

  test("leaves shipping and tax out of the shares", () => {
    const items = [line("a", 2, 5000)];
    const added = { items, total_minor: 11_500, shipping_minor: 500, tax_minor: 1000 };
    expect([totalParts(added), shareIn(added, "a", 2)]).toEqual([
      { lines_minor: 10_000, unexplained_minor: 0 },
      10_000,
    ]);
    const contained = { items, total_minor: 10_500, shipping_minor: 500, tax_minor: 1000 };
    expect(totalParts(contained)).toEqual({ lines_minor: 10_000, unexplained_minor: 0 });
  });

  test("counts a negative rest as discount and keeps a positive one", () => {
    const items = [line("a", 2, 5000)];
    expect(totalParts({ items, total_minor: 8000, discount_minor: 1000 })).toEqual({
      lines_minor: 8000,
      unexplained_minor: -1000,
    });
    expect(totalParts({ items, total_minor: 10_700 })).toEqual({
      lines_minor: 10_000,
      unexplained_minor: 700,
    });
  });

  test("tells which units have no price", () => {
    const order = { items: [line("a", 1, 600), line("b", 1)], total_minor: 1000 };
    const shares = lineShares(order);
    expect(shareOf(shares, [{ product_id: "b", quantity: 1 }], new Map())).toEqual({
      share_minor: 0,
      isUnpriced: true,
    });
    expect(shareIn(order, "a", 1)).toBe(600);
  });

  test("closes the lines' part exactly, and no share is negative", () => {
    const amount = fc.oneof(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 10 ** 12 }));
    const items = fc.array(
      fc.record({
        product_id: fc.constantFrom("a", "b", "c"),
        quantity: fc.integer({ min: 1, max: 7 }),
        unit_price_minor: amount,
      }),
      { minLength: 1, maxLength: 6 },
    );
    const optional = fc.option(amount, { nil: undefined });
    const order = fc.record({
      items,
      total_minor: optional,
      discount_minor: optional,
      shipping_minor: optional,
      tax_minor: optional,
    });
    fc.assert(
      fc.property(order, order => {
        const shares = lineShares(order);
        const sum = shares.reduce((all, { share_minor = 0 }) => all + share_minor, 0);
        const units = order.items.reduce((all, { quantity }) => all + quantity, 0);
        const isPriced = order.items.some(({ unit_price_minor }) => unit_price_minor > 0);
        expect(sum).toBe(isPriced ? totalParts(order)?.lines_minor : 0);
        expect(shares.reduce((all, { quantity }) => all + quantity, 0)).toBe(units);
        expect(shares.every(({ share_minor = 0 }) => share_minor >= 0)).toBe(true);
      }),
    );
  });
});
