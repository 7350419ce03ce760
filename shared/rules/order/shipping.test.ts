import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Shipment, ShipmentFact } from "./shipping.ts";
import { followShipment } from "./shipping.ts";

const cup = { product_id: "cup", quantity: 2 };
const facts: ShipmentFact[] = [
  { order_id: "o", revision: 1, shipment: "waiting", held: [cup] },
  { order_id: "o", revision: 2, shipment: "requested", held: [cup] },
  { order_id: "o", revision: 3, shipment: "stopped", held: [] },
  { order_id: "o", revision: 4, shipment: "requested", held: [cup] },
];

function shipmentAfter(arrived: readonly ShipmentFact[]): Shipment | undefined {
  return arrived.reduce<Shipment | undefined>(
    (known, fact) => followShipment(known, fact) ?? known,
    undefined,
  );
}

test("follows the highest revision in every order and with repeats", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(facts, { minLength: 1 }), chosen => {
      const last = Math.max(...chosen.map(({ revision }) => revision));
      const { shipment, held } = facts[last - 1] ?? {};
      const expected = { order_id: "o", state: shipment, revision: last, items: held };
      expect(shipmentAfter([...chosen, ...chosen])).toEqual(expected);
    }),
  );
});

test("makes a deleted shipment again from the next fact", () => {
  expect(shipmentAfter(facts.slice(3))).toEqual(shipmentAfter(facts));
});
