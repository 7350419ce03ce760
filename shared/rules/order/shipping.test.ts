import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Shipment, ShipmentFact } from "./shipping.ts";
import { followShipment } from "./shipping.ts";

const cup = { product_id: "cup", quantity: 2 };
const facts: ShipmentFact[] = [
  { order_id: "o", revision: 1, received_at_ms: 10, shipment: "waiting", held: [cup] },
  { order_id: "o", revision: 2, received_at_ms: 20, shipment: "requested", held: [cup] },
  { order_id: "o", revision: 3, received_at_ms: 30, shipment: "stopped", held: [] },
  { order_id: "o", revision: 4, received_at_ms: 40, shipment: "requested", held: [cup] },
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
      expect(shipmentAfter([...chosen, ...chosen])).toMatchObject(expected);
    }),
  );
});

test("makes a deleted shipment again from the next fact", () => {
  const { state_time: _time, ...expected } = shipmentAfter(facts) ?? {};
  expect(shipmentAfter(facts.slice(3))).toMatchObject(expected);
});

const states = ["waiting", "requested", "left"] as const;
const histories = fc.array(fc.constantFrom(...states), { minLength: 1, maxLength: 8 });

/** Returns the time of the first revision of the last states, among the known revisions. */
function sinceIn(known: readonly ShipmentFact[]): number | undefined {
  const sorted = known.toSorted((a, b) => a.revision - b.revision);
  const last = sorted.at(-1)?.shipment;
  return sorted[sorted.findLastIndex(({ shipment }) => shipment !== last) + 1]?.received_at_ms;
}

test("keeps the time since which the state stands in every order", () => {
  fc.assert(
    fc.property(histories, fc.infiniteStream(fc.nat()), fc.nat(255), (history, dice, lost) => {
      const all = history.map((shipment, index): ShipmentFact => {
        return { order_id: "o", revision: index + 1, received_at_ms: index * 7, shipment, held: [] };
      });
      const known = all.filter((_, index) => index === 0 || (lost & (1 << index)) === 0);
      const keyed = known.map(fact => ({ fact, key: dice.next().value ?? 0 }));
      const arrived = keyed.toSorted((a, b) => a.key - b.key).map(({ fact }) => fact);
      const shipment = shipmentAfter([...arrived, ...arrived.toReversed()]);
      expect(shipment?.since_ms).toBe(sinceIn(known));
      expect(shipment).toEqual(shipmentAfter(known));
      if (known.length === all.length) expect(shipment?.state_time?.runs).toHaveLength(1);
    }),
    { numRuns: 1_000 },
  );
});

test("learns the time of a shipment that an older version wrote", () => {
  const old: Shipment = { order_id: "o", state: "requested", revision: 4, items: [cup] };
  const again = facts.reduce<Shipment>((known, fact) => followShipment(known, fact) ?? known, old);
  expect(again).toEqual(shipmentAfter(facts));
});
