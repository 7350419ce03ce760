import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { AskedReceipt, ReceiptDecision, SupplierOrder } from "./supplier-order.ts";
import { openUnits, receivedUnits, receiveGoods, stockedUnits } from "./supplier-order.ts";

const ordered: SupplierOrder = {
  supplier_order_id: "sup_1",
  product_id: "lamp",
  quantity: 15,
  alert: { producer: "check-stock", event_id: "evt_1" },
  state: "open",
  receipts: [],
  ordered_at_ms: 0,
};

const asked = (receipt_id: string, fields: Partial<AskedReceipt> = {}): AskedReceipt => ({
  receipt_id,
  complete: false,
  stocked: true,
  at_ms: 5,
  ...fields,
});

/** Applies receipts one after the other, and expects the last decision to be of this kind. */
function receivedAll(...receipts: AskedReceipt[]): { order: SupplierOrder; last: ReceiptDecision } {
  let order = ordered;
  let last: ReceiptDecision = { kind: "known" };
  for (const receipt of receipts) {
    last = receiveGoods(order, receipt);
    if (last.kind === "received") order = last.order;
  }
  return { order, last };
}

const sums = (order: SupplierOrder) => [order.state, receivedUnits(order), openUnits(order)];

describe("receipts of a supplier order", () => {
  test("close the order when everything arrived in parts", () => {
    expect(sums(receivedAll(asked("r1", { quantity: 5 })).order)).toEqual(["open", 5, 10]);
    expect(sums(receivedAll(asked("r1", { quantity: 5 }), asked("r2")).order)).toEqual(["received", 15, 0]);
  });

  test("close the order when the rest will not come", () => {
    const { order } = receivedAll(asked("r1", { quantity: 5, complete: true }));
    expect(sums(order)).toEqual(["received", 5, 0]);
    const without = receivedAll(asked("r1", { complete: true }));
    expect(sums(without.order)).toEqual(["received", 0, 0]);
    expect(without.last).toMatchObject({ quantity: 0 });
  });

  test("count more than was ordered, also after the order closed", () => {
    expect(sums(receivedAll(asked("r1", { quantity: 20 })).order)).toEqual(["received", 20, 0]);
    expect(sums(receivedAll(asked("r1"), asked("r2", { quantity: 2 })).order)).toEqual(["received", 17, 0]);
  });

  test("count once per receipt id", () => {
    const again = receivedAll(asked("r1", { quantity: 5 }), asked("r1", { quantity: 5, at_ms: 9 }));
    expect(again.last).toEqual({ kind: "known" });
    expect(sums(again.order)).toEqual(["open", 5, 10]);
    expect(receivedAll(asked("r1"), asked("r1")).last).toEqual({ kind: "known" });
  });

  test.each<[string, AskedReceipt[]]>([
    ["its id names another quantity", [asked("r1", { quantity: 5 }), asked("r1", { quantity: 6 })]],
    ["its id completed nothing before", [asked("r1"), asked("r1", { complete: true })]],
    ["nothing is open and no quantity is named", [asked("r1"), asked("r2")]],
    ["a closed order is completed again", [asked("r1"), asked("r2", { complete: true })]],
  ])("are refused when %s", (_name, receipts) => {
    expect(receivedAll(...receipts).last.kind).toBe("refused");
  });

  test("tell which units moved the stock", () => {
    const parts = [asked("r1", { quantity: 5, stocked: false }), asked("r2", { quantity: 4 })];
    expect(stockedUnits(receivedAll(...parts).order)).toBe(4);
  });
});

test("reaches the same sums in every order of arrival", () => {
  const parts = [
    asked("r1", { quantity: 5 }),
    asked("r2", { quantity: 4 }),
    asked("r3", { quantity: 9, complete: true }),
    asked("r1", { quantity: 5 }),
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(parts, { minLength: 4 }), arrived => {
      expect(sums(receivedAll(...arrived).order)).toEqual(["received", 18, 0]);
    }),
  );
});
