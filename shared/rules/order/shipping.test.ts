import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { ShippingFact } from "./shipping.ts";
import { applyToShipment, dispatchShipment, noShipment, shipmentStatus } from "./shipping.ts";

const paid: ShippingFact = { kind: "paid", amount_minor: 1000, currency: "USD" };
const part: ShippingFact = { kind: "refunded", refund_id: "r1", amount_minor: 400, currency: "USD" };
const rest: ShippingFact = { kind: "refunded", refund_id: "r2", amount_minor: 600, currency: "USD" };
const cancelled: ShippingFact = { kind: "cancelled" };
const shipmentAfter = (facts: readonly ShippingFact[]) => facts.reduce(applyToShipment, noShipment("o"));

test.each([
  [[], "waiting"],
  [[paid], "requested"],
  [[paid, part], "requested"],
  [[rest, part, paid], "stopped"],
  [[cancelled, paid], "stopped"],
  [[part], "waiting"],
  [[paid, { ...rest, amount_minor: 1000, currency: "JPY" }], "requested"],
  [[{ ...paid, amount_minor: 1 }, part, paid], "requested"],
])("derives from %j the state %s", (facts: ShippingFact[], state: string) => {
  expect(shipmentAfter(facts).state).toBe(state);
});

test("gives the same state in every order of facts and with repeats", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([paid, part, rest, cancelled]), facts => {
      const state = shipmentAfter(facts).state;
      expect(shipmentAfter(facts.toReversed()).state).toBe(state);
      expect(shipmentAfter([...facts, ...facts])).toEqual(shipmentAfter(facts));
    }),
  );
});

test("dispatches a requested shipment once; a cancellation then changes nothing", () => {
  const requested = shipmentAfter([paid]);
  const left = dispatchShipment(requested, 7);
  if (!left.ok) throw new Error(left.reason);
  expect(applyToShipment(left.shipment, cancelled).state).toBe("left");
  for (const other of [shipmentAfter([]), shipmentAfter([cancelled]), left.shipment])
    expect(dispatchShipment(other, 8)).toMatchObject({ ok: false, reason: expect.stringMatching(/\.$/) });
});

test("follows the state of the order when a shipment is requested", () => {
  expect(shipmentStatus(shipmentAfter([paid]), "placed")).toBe("waiting");
  expect(shipmentStatus(shipmentAfter([paid]), "cancelled")).toBe("stopped");
});
