import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { DAY_MS, HOUR_MS } from "../../values/durations.ts";
import type { ReceivedAlert, Reorders } from "./reorder.ts";
import { countAlert, decideReorder, reorderQuantity } from "./reorder.ts";

test.each([
  ["fills up to twice the threshold", { current_stock: 5, threshold: 10, open_units: 0 }, 15],
  ["adds the backordered quantity", { current_stock: -3, threshold: 10, open_units: 0 }, 23],
  ["orders at least one", { current_stock: 0, threshold: 0, open_units: 0 }, 1],
  ["orders the shortage less the units on order", { current_stock: 5, threshold: 10, open_units: 4 }, 11],
  ["orders nothing when the units on order cover the shortage", { ...low(5), open_units: 15 }, 0],
  ["orders nothing when one open unit covers threshold 0", { ...low(0, 0), open_units: 1 }, 0],
  ["orders at most MAX_QUANTITY", { current_stock: -1e9, threshold: 1e9, open_units: 0 }, 1_000_000],
])("%s", (_name, stock, quantity) => expect(reorderQuantity(stock)).toBe(quantity));

function low(current_stock: number, threshold = 10) {
  return { current_stock, threshold };
}

const ours = (current_stock: number): ReceivedAlert => ({
  ...low(current_stock),
  isOurs: true,
  received_at_ms: 0,
});
const reported = (current_stock: number, received_at_ms = 0): ReceivedAlert => ({
  ...low(current_stock),
  isOurs: false,
  received_at_ms,
});

describe("decides about an alert of our own stock check", () => {
  test("orders by the stock at the time of the decision", () => {
    const own = { quantity: 2, threshold: 10 };
    expect(decideReorder(ours(10), { own, reorders: undefined })).toMatchObject({ quantity: 18 });
  });

  test("orders nothing when stock is above the threshold again", () => {
    const own = { quantity: 11, threshold: 10 };
    const decision = decideReorder(ours(10), { own, reorders: undefined });
    expect(decision).toMatchObject({ kind: "counted", quantity: 0, not_ordered: "recovered" });
  });

  test("counts open units, and orders the rest", () => {
    const own = { quantity: -3, threshold: 10 };
    const decide = (open_units: number) => decideReorder(ours(-3), { own, reorders: { open_units } });
    expect(decide(15)).toMatchObject({ quantity: 8, open_units: 15 });
    expect(decide(23)).toMatchObject({ kind: "counted", quantity: 0, not_ordered: "covered" });
  });
});

describe("decides about a report of another system", () => {
  test.each([
    ["above the threshold", { quantity: 11, threshold: 10 }],
    ["without a threshold", { quantity: -5, threshold: null }],
  ])("changes nothing when our own stock is %s", (_name, own) => {
    expect(decideReorder(reported(5), { own, reorders: undefined }).kind).toBe("ignored");
  });

  test("orders by our own stock when that is low", () => {
    const own = { quantity: 4, threshold: 6 };
    expect(decideReorder(reported(5), { own, reorders: undefined })).toMatchObject({ quantity: 8 });
  });

  test("orders by the reported stock when the product is not stocked here", () => {
    const unstocked = { own: undefined, reorders: undefined };
    expect(decideReorder(reported(5), unstocked)).toMatchObject({ quantity: 15 });
  });

  test("changes nothing while an order is open", () => {
    const reorders = { open_units: 1, alerted_at_ms: 0 };
    expect(decideReorder(reported(-50, 9 * DAY_MS), { own: undefined, reorders }).kind).toBe("ignored");
  });

  test("counts again a day after the last alert, not before", () => {
    const reorders = { open_units: 0, alerted_at_ms: DAY_MS };
    const decide = (ms: number) => decideReorder(reported(5, ms), { own: undefined, reorders }).kind;
    expect([DAY_MS - HOUR_MS, 2 * DAY_MS - 1, 2 * DAY_MS].map(decide)).toEqual([
      "ignored",
      "ignored",
      "counted",
    ]);
  });

  test("orders once in every order of arrival", () => {
    const reports = [reported(5, 0), reported(4, HOUR_MS), reported(6, 2 * HOUR_MS), reported(5, 0)];
    fc.assert(
      fc.property(fc.shuffledSubarray(reports, { minLength: 1 }), arrived => {
        let reorders: Reorders | undefined;
        const orders = arrived.flatMap(alert => {
          const decision = decideReorder(alert, { own: undefined, reorders });
          if (decision.kind === "ignored") return [];
          reorders = countAlert(reorders, alert, decision.quantity);
          return [decision.quantity];
        });
        expect(orders).toHaveLength(1);
        expect(reorders?.open_units).toBe(orders[0]);
      }),
    );
  });
});
