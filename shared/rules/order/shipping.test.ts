import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { ShippingFact } from "./shipping.ts";
import { applyToShipment, dispatchShipment, noShipment, standingOf } from "./shipping.ts";

const paid: ShippingFact = { kind: "paid", amount_minor: 1000, currency: "USD" };
const part: ShippingFact = { kind: "refunded", refund_id: "r1", amount_minor: 400, currency: "USD" };
const rest: ShippingFact = { kind: "refunded", refund_id: "r2", amount_minor: 600, currency: "USD" };
const cancelled: ShippingFact = { kind: "cancelled" };
const after = (facts: readonly ShippingFact[]) => facts.reduce(applyToShipment, noShipment("o"));

test.each([
  [[], "waiting"],
  [[paid], "requested"],
  [[paid, part], "requested"],
  [[rest, part, paid], "stopped"],
  [[cancelled, paid], "stopped"],
  [[part], "waiting"],
  [[paid, { ...rest, amount_minor: 1000, currency: "JPY" }], "requested"],
  [[{ ...paid, amount_minor: 1 }, part, paid], "requested"],
])("after %j a shipment is %s", (facts: ShippingFact[], state: string) => {
  expect(after(facts).state).toBe(state);
});

test("comes to the same whatever is heard first, and however often", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([paid, part, rest, cancelled]), facts => {
      const state = after(facts).state;
      expect(after(facts.toReversed()).state).toBe(state);
      expect(after([...facts, ...facts])).toEqual(after(facts));
    }),
  );
});

test("leaves once, after it was requested, and nothing stops it then", () => {
  const requested = after([paid]);
  const left = dispatchShipment(requested, 7);
  if (!left.ok) throw new Error(left.reason);
  expect(applyToShipment(left.shipment, cancelled).state).toBe("left");
  for (const other of [after([]), after([cancelled]), left.shipment])
    expect(dispatchShipment(other, 8)).toMatchObject({ ok: false, reason: expect.stringMatching(/\.$/) });
});

test("waits where the order says that it is not paid, whatever was heard of a payment", () => {
  expect(standingOf(after([paid]), "placed")).toBe("waiting");
  expect(standingOf(after([paid]), "cancelled")).toBe("stopped");
});
