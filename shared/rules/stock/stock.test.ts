import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import type { ClaimFact, StockItem, StockMove } from "./stock.ts";
import { followClaim, unknownProducts } from "./stock.ts";

const claim = (revision: number, ...held: StockItem[]): ClaimFact => ({ order_id: "ord_1", revision, held });
const a = (quantity: number): StockItem => ({ product_id: "a", quantity });
const b = (quantity: number): StockItem => ({ product_id: "b", quantity });

/** A shop with stock, and the products that were created in it. */
interface Shelf {
  move?: StockMove;
  stock: Record<string, number>;
  entries: string[];
}

/** Applies a fact as the reaction does. */
function withFact(
  { move, stock, entries }: Shelf,
  fact: ClaimFact,
  created: readonly string[] = ["a", "b"],
): Shelf {
  const stocked = new Set(unknownProducts(move, fact).filter(id => created.includes(id)));
  const decision = followClaim(move, fact, stocked);
  if (decision.kind === "unchanged") return { move, stock, entries };
  const moved = { ...stock };
  for (const { product_id, delta } of decision.deltas) moved[product_id] = (moved[product_id] ?? 0) + delta;
  const added = decision.deltas.map(({ product_id }) => `${fact.revision} ${product_id}`);
  return { move: decision.move, stock: moved, entries: [...entries, ...added] };
}

const empty: Shelf = { stock: { a: 0, b: 0 }, entries: [] };
const withFacts = (...facts: ClaimFact[]) => facts.reduce((shelf, fact) => withFact(shelf, fact), empty);

describe("stock of an order", () => {
  test("moves by the difference of two claims, both ways", () => {
    const placed = claim(1, a(2), b(1), a(1));
    expect(withFacts(placed).stock).toEqual({ a: -3, b: -1 });
    expect(withFacts(placed, claim(2, a(1))).stock).toEqual({ a: -1, b: 0 });
    expect(withFacts(placed, claim(2)).stock).toEqual({ a: 0, b: 0 });
    expect(withFacts(placed, claim(2), claim(3, a(3), b(1))).stock).toEqual({ a: -3, b: -1 });
  });

  test("follows the highest revision in every order and with repeats", () => {
    const facts = [claim(1), claim(2, a(3), b(1)), claim(3, a(3)), claim(4), claim(5, a(2), b(1))];
    fc.assert(
      fc.property(fc.shuffledSubarray(facts, { minLength: 1 }), chosen => {
        const { stock, move, entries } = withFacts(...chosen, ...chosen);
        const last = chosen.toSorted((one, other) => other.revision - one.revision)[0];
        const held = {
          a: 0,
          b: 0,
          ...Object.fromEntries((last?.held ?? []).map(i => [i.product_id, i.quantity])),
        };
        expect(stock).toEqual({ a: 0 - held.a, b: 0 - held.b });
        expect(move).toMatchObject({ revision: last?.revision, held: last?.held });
        expect(new Set(entries).size).toBe(entries.length);
      }),
    );
  });

  test("never takes a product that was created after the order", () => {
    const first = withFact(empty, claim(1, a(2), b(1)), ["b"]);
    expect(first).toMatchObject({ stock: { a: 0, b: -1 }, move: { not_stocked: ["a"] } });
    const later = [claim(2, a(2), b(1)), claim(3), claim(4, a(2), b(1))];
    expect(later.reduce((shelf, fact) => withFact(shelf, fact), first).stock).toEqual({ a: 0, b: -1 });
  });

  test("remembers an unstocked product that a late older revision names", () => {
    const stopped = withFact(empty, claim(2), []);
    const late = withFact(stopped, claim(1, a(2)), []);
    expect(late.move).toMatchObject({ revision: 2, held: [], not_stocked: ["a"] });
    expect(withFact(late, claim(3, a(2))).stock).toEqual({ a: 0, b: 0 });
  });

  test("looks up each product once", () => {
    const { move } = withFact(empty, claim(1, a(1), b(1)), ["a"]);
    expect(unknownProducts(move, claim(2, a(1), b(1)))).toEqual([]);
  });
});
