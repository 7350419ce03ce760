import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Signal } from "./signals.ts";
import { applySignals, applyViews, HALF_LIFE_MS, MAX_SIGNALS, MAX_VIEWED, strengthAt } from "./signals.ts";

const arbSignal: fc.Arbitrary<Signal> = fc.record({
  item_id: fc.integer({ min: 0, max: 60 }).map(String),
  of: fc.constantFrom("product", "course"),
  interest: fc.constantFrom("viewed", "carted", "ordered"),
  at_ms: fc.integer({ min: 0, max: 90 }).map(days => (days * HALF_LIFE_MS) / 14),
});
const arbParted = fc.array(arbSignal, { maxLength: 400, size: "max" }).chain(signals =>
  fc.record({
    signals: fc.constant(signals),
    shuffled: fc.shuffledSubarray(signals, { minLength: signals.length }),
    repeated: fc.subarray(signals),
    partSize: fc.integer({ min: 1, max: 9 }),
  }),
);

function appliedInParts(signals: readonly Signal[], partSize: number): readonly Signal[] {
  let known: readonly Signal[] = [];
  for (let at = 0; at < signals.length; at += partSize)
    known = applySignals(known, signals.slice(at, at + partSize));
  return known;
}

test("keeps the same signals in every order and division into parts", () => {
  fc.assert(
    fc.property(arbParted, ({ signals, shuffled, repeated, partSize }) => {
      expect(appliedInParts([...shuffled, ...repeated], partSize)).toEqual(applySignals([], signals));
    }),
    { numRuns: 60 },
  );
});

test("keeps the strongest signals, each with its newest time", () => {
  fc.assert(
    fc.property(arbParted, ({ signals, partSize }) => {
      const nowMs = 100 * HALF_LIFE_MS;
      const strongest = new Map<string, number>();
      for (const signal of signals) {
        const key = `${signal.of} ${signal.interest} ${signal.item_id}`;
        strongest.set(key, Math.max(strengthAt(signal, nowMs), strongest.get(key) ?? 0));
      }
      const wanted = [...strongest.values()].sort((a, b) => b - a).slice(0, MAX_SIGNALS);
      expect(appliedInParts(signals, partSize).map(signal => strengthAt(signal, nowMs))).toEqual(wanted);
    }),
    { numRuns: 60 },
  );
});

test("returns the same list when no signal is new", () => {
  const signal: Signal = { item_id: "cup", of: "product", interest: "carted", at_ms: 5 };
  const known = applySignals([], [signal]);
  expect(applySignals(known, [{ ...signal }, { ...signal, at_ms: 4 }])).toBe(known);
});

test("halves a signal in two weeks", () => {
  const view: Signal = { item_id: "cup", of: "product", interest: "viewed", at_ms: 0 };
  expect(strengthAt(view, 0)).toBe(1);
  expect(strengthAt(view, HALF_LIFE_MS)).toBe(0.5);
});

test("keeps an order beside many views", () => {
  const view: Signal = { item_id: "cup", of: "product", interest: "viewed", at_ms: 0 };
  const order: Signal = { ...view, interest: "ordered", at_ms: 0 };
  const views = Array.from({ length: 500 }, (_, index) => ({ ...view, item_id: `p${index}`, at_ms: index }));
  expect(applySignals(applySignals([], [order]), views)).toContainEqual(order);
});

test("keeps the products viewed last in every order of arrival", () => {
  const arbViews = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 80 }).map(String), fc.integer({ min: 0, max: 50 })),
  );
  fc.assert(
    fc.property(arbViews, fc.integer({ min: 1, max: 20 }), (views, partSize) => {
      let viewed = {};
      for (let at = 0; at < views.length; at += partSize)
        viewed = applyViews(viewed, views.slice(at, at + partSize));
      expect(viewed).toEqual(applyViews({}, views.toReversed()));
      expect(Object.keys(viewed).length).toBeLessThanOrEqual(MAX_VIEWED);
    }),
    { numRuns: 60 },
  );
});
