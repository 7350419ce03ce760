import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { shipmentOf } from "./balance.ts";
import type { Order } from "./order.ts";
import { newOrder } from "./order.ts";
import { decideDelivery, decideDispatch, reportDelivered, reportDispatched } from "./parcel.ts";
import { reportCancelled, reportPaid } from "./reports.ts";

const placed: Order = { ...newOrder("o", { currency: "USD", atMs: 1 }), source: "outside", total_minor: 100 };
const PAYMENT = { payment_id: "p", amount_minor: 100, currency: "USD", at_ms: 2, event_id: "evt_p" };
const STRIKE = { at_ms: 6, event_id: "evt_s", reason: "a strike" };
const paid = reportPaid(placed, PAYMENT);
const left: Order = { ...paid, dispatched: { at_ms: 5, carrier: "DHL" } };

describe("our own dispatch", () => {
  test("allows a paid order, and the same dispatch again", () => {
    expect(decideDispatch(paid, { carrier: "DHL" })).toEqual({ kind: "new" });
    expect(decideDispatch(left, { carrier: "DHL" })).toEqual({ kind: "known" });
  });

  test.each([
    ["an unpaid order", placed, "not paid"],
    ["a cancelled order", reportCancelled(paid, { at_ms: 6, event_id: "evt_c" }), "stopped"],
    ["a parcel that left with another tracking", left, "left already"],
  ])("refuses %s with a reason", (_case, order, reason) => {
    expect(decideDispatch(order, {})).toMatchObject({
      kind: "refused",
      reason: expect.stringContaining(reason),
    });
  });

  test("delivers only a parcel that has left", () => {
    expect(decideDelivery(paid)).toMatchObject({ kind: "refused" });
    expect(decideDelivery(left)).toEqual({ kind: "new" });
    expect(decideDelivery({ ...left, delivered_at_ms: 6 })).toEqual({ kind: "known" });
  });
});

test("keeps an order live when its parcel has left", () => {
  const late = reportCancelled(left, { at_ms: 6, event_id: "evt_c", reason: "too late" });
  expect([late.state, late.cancelled, shipmentOf(late)]).toEqual(["paid", null, "left"]);
});

test("gives the same parcel in every order of reports", () => {
  const reports: ((order: Order) => Order)[] = [
    order => reportDispatched(order, { at_ms: 7 }),
    order => reportCancelled(order, STRIKE),
    order => reportPaid(order, PAYMENT),
    order => reportDispatched(order, { at_ms: 3 }),
    order => reportDispatched(order, { at_ms: 4, carrier: "UPS", tracking_number: "1Z" }),
    order => reportDispatched(order, { at_ms: 4, carrier: "DHL" }),
    order => reportDispatched(order, { at_ms: 9, tracking_url: "https://dhl.com/1" }),
    order => reportDelivered(order, 2),
    order => reportDelivered(order, 8),
  ];
  const after = (chosen: typeof reports) => chosen.reduce((order, report) => report(order), paid);
  fc.assert(
    fc.property(fc.shuffledSubarray(reports, { minLength: 1 }), chosen => {
      const order = after(chosen);
      expect(order).toEqual(after(reports.filter(report => chosen.includes(report))));
      expect(after([...chosen, ...chosen.toReversed()])).toEqual(order);
      const isCancelled = chosen.length === 1 && order.cancelled !== null;
      if (!isCancelled && order.dispatched) expect(shipmentOf(order)).toBe("left");
    }),
  );
  const dispatched = { at_ms: 4, carrier: "DHL" };
  const cancellations = [STRIKE];
  expect(after(reports)).toEqual({ ...paid, cancellations, dispatched, delivered_at_ms: 2 });
});
