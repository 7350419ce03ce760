import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { observeLevel, openLevel, watchAgain } from "./stock-level.ts";

/** Opens a product and observes its stock after each move. */
function alertsOf(opening: number, threshold: number | null, quantities: readonly number[]) {
  let level = openLevel({ quantity: opening, threshold });
  const alerts = quantities.map(quantity => {
    const seen = observeLevel(level, { quantity, threshold });
    level = seen.level;
    return seen.alert?.current_stock ?? null;
  });
  return { level, alerts };
}

test("alerts once per crossing when stock falls to its threshold", () => {
  const { level, alerts } = alertsOf(10, 5, [6, 5, 4, 5, 6, 3, 12, 3]);
  expect(alerts).toEqual([null, 5, null, null, null, 3, null, 3]);
  expect(level).toEqual({ low: true, sold_out: false, crossings: 3 });
});

test("alerts when the threshold rises, not when stock opens low", () => {
  const opensLow = openLevel({ quantity: 3, threshold: 5 });
  expect(observeLevel(opensLow, { quantity: 2, threshold: 5 })).toEqual({ level: opensLow });
  const unwatched = openLevel({ quantity: 10, threshold: null });
  expect(observeLevel(unwatched, { quantity: -5, threshold: null })).toEqual({ level: unwatched });
  const raised = observeLevel(unwatched, { quantity: 10, threshold: 12 });
  expect(raised.alert).toEqual({ current_stock: 10, threshold: 12 });
});

test.each<[string, number, number | null, number[], (number | null)[]]>([
  ["a product that opens low sells out", 5, 10, [4, -45, -46], [null, -45, null]],
  ["stock falls to its threshold, then to zero", 12, 10, [9, 1, 0, -1, -2], [9, null, 0, null, null]],
  ["stock falls below both marks at once", 12, 10, [-3, -4], [-3, null]],
  ["threshold 0 is both marks", 2, 0, [1, 0, -1, 1, 0], [null, 0, null, null, 0]],
  ["an empty product owes its first unit", 0, 10, [-1, -2], [-1, null]],
  ["an empty product with threshold 0 owes its first unit", 0, 0, [-1, -2], [-1, null]],
  ["a sold-out product is filled up below its threshold", 12, 10, [0, 4, 3, 0], [0, null, null, 0]],
  ["no product without a threshold", 5, null, [0, -9], [null, null]],
])("alerts when %s", (_name, opening, threshold, quantities, expected) => {
  expect(alertsOf(opening, threshold, quantities).alerts).toEqual(expected);
});

test("never alerts twice without a rise in between", () => {
  fc.assert(
    fc.property(
      fc.nat(50),
      fc.nat(20),
      fc.array(fc.integer({ min: 0, max: 9 })),
      (opening, threshold, sold) => {
        const quantities = sold.map((_, n) => opening - sold.slice(0, n + 1).reduce((a, b) => a + b, 0));
        const { alerts, level } = alertsOf(opening, threshold, quantities);
        const last = quantities.at(-1) ?? opening;
        const given = alerts.filter(alert => alert !== null).length;
        expect(given).toBe(level.crossings);
        expect(given).toBeLessThanOrEqual(opening > threshold && threshold > 0 ? 2 : 1);
        if (last < 0) expect(level).toMatchObject({ low: true, sold_out: true });
        if (last < 0) expect(given).toBeGreaterThan(0);
      },
    ),
  );
});

test("alerts once more when the last supplier order closes on low stock", () => {
  const { level } = alertsOf(12, 10, [-3]);
  const again = observeLevel(watchAgain(level), { quantity: 2, threshold: 10 });
  expect(again).toEqual({
    level: { low: true, sold_out: false, crossings: 2 },
    alert: { current_stock: 2, threshold: 10 },
  });
  const filled = observeLevel(watchAgain(level), { quantity: 20, threshold: 10 });
  expect(filled.alert).toBeUndefined();
});
