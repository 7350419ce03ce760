import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { catalogue } from "./catalogue.ts";
import type { EventDefinition } from "./define.ts";
import type { JsonObject } from "./json-object.ts";
import { isJsonObject } from "./json-object.ts";
import { upcast, upcastPayload } from "./upcast.ts";
import { validate } from "./validate.ts";

/** A random shape of an event. */
interface Shape {
  name: string;
  nameKey: "event_type" | "event";
  flat: boolean;
  camelCase: boolean;
  idsInPayload: boolean;
  idsTwice: boolean;
  numbers: boolean;
  order: number[];
}

const anyShape: fc.Arbitrary<[EventDefinition, Shape]> = fc
  .constantFrom(...catalogue.values())
  .chain(definition =>
    fc.tuple(
      fc.constant(definition),
      fc.record<Shape>({
        name: fc.constantFrom(definition.type, ...definition.aliases),
        nameKey: fc.constantFrom("event_type", "event"),
        flat: fc.boolean(),
        camelCase: fc.boolean(),
        idsInPayload: fc.boolean(),
        idsTwice: fc.boolean(),
        numbers: fc.boolean(),
        order: fc.infiniteStream(fc.nat(1000)).map(stream => [...stream.take(30)]),
      }),
    ),
  );

test("brings every shape of an event into one canonical event", () => {
  fc.assert(
    fc.property(anyShape, ([definition, shape]) => {
      const canonical = numbered(definition.example, false);
      expect(validate(inShape(definition, shape))).toEqual(validate(canonical));
      expect(validate(canonical).ok).toBe(true);
    }),
    { numRuns: 300 },
  );
});

/** Returns the example with ids of digits, as strings or as numbers. */
function numbered(example: JsonObject, asNumbers: boolean): JsonObject {
  const text = JSON.stringify(example).replaceAll(/("(?:user|order|session|product)_id":)"[^"]*"/g, '$1"77"');
  return JSON.parse(asNumbers ? text.replaceAll('"77"', "77") : text);
}

function inShape(definition: EventDefinition, shape: Shape): JsonObject {
  const { event_type: _type, payload, ...envelope } = numbered(definition.example, shape.numbers);
  const wanted = Object.entries(envelope).filter(([name]) => Object.hasOwn(definition.envelope, name));
  const others = Object.entries(envelope).filter(([name]) => !Object.hasOwn(definition.envelope, name));
  const below = [
    ...Object.entries(payload as JsonObject),
    ...(shape.idsInPayload || shape.idsTwice ? wanted : []),
  ];
  const above = [...others, ...(shape.idsInPayload && !shape.idsTwice ? [] : wanted)];
  const beside: [string, unknown][] = shape.flat ? below : [["payload", named(below, shape)]];
  return named([[shape.nameKey, shape.name], ...above, ...beside], shape);
}

/** Builds an object of these fields, shuffled, with ids in the spelling of the shape. */
function named(fields: [string, unknown][], shape: Shape): JsonObject {
  const shuffled = fields
    .map((field, index) => ({ field, rank: shape.order[index] ?? 0 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ field }) => field);
  return Object.fromEntries(
    shuffled.map(([name, value]) => [spelled(name, shape), name === "items" ? inner(value, shape) : value]),
  );
}

function inner(value: unknown, shape: Shape): unknown {
  if (!Array.isArray(value)) return value;
  return value.map(part => (isJsonObject(part) ? named(Object.entries(part), shape) : part));
}

function spelled(name: string, { camelCase }: Shape): string {
  return camelCase && /^(user|order|session|product|event)_id$/.test(name) ? name.replace("_id", "Id") : name;
}

test("accepts one id in two places, as text and as number", () => {
  const sent = {
    event_type: "order.paid",
    order_id: 5,
    payload: { orderId: "5", amount: 1 },
  };
  const event = {
    event_type: "order.paid",
    order_id: "5",
    payload: { amount: 1 },
    schema_version: 1,
  };
  expect(validate(sent)).toEqual({ ok: true, event });
});

test("refuses an event that names two different users", () => {
  const sent = {
    event_type: "user.banned",
    userId: 1,
    payload: { user_id: 2, reason: "spam", banned_by: "x" },
  };
  expect(validate(sent)).toEqual({
    ok: false,
    kind: "faults",
    faults: [
      {
        pointer: "/payload/user_id",
        expected: "the same as /userId",
        received: "number 2",
      },
    ],
  });
});

const low = {
  event_type: "StockLow",
  payload: { product_id: 1, current_stock: 5, threshold: 10, userId: 3 },
};

test("keeps ids that the type does not have", () => {
  expect(validate(low)).toMatchObject({ ok: true, event: { payload: { userId: 3 } } });
  expect(validate({ ...low, user_id: 9 })).toMatchObject({ ok: true, event: { user_id: "9" } });
});

test("refuses fields beside a payload, except a repeated type", () => {
  expect(validate({ ...low, event: "StockLow" })).toEqual(validate(low));
  expect(validate({ ...low, warehouse: "north", event: "x" })).toMatchObject({
    ok: false,
    faults: [{ pointer: "/warehouse" }, { pointer: "/event" }],
  });
});

const versioned = {
  version: 3,
  upcasters: {
    1: (payload: JsonObject) => ({ ...payload, steps: ["1 to 2"] }),
    2: (payload: JsonObject) => ({
      ...payload,
      steps: [...(payload["steps"] as string[]), "2 to 3"],
    }),
  },
};

test("runs the upcasters from the sender's version, in order", () => {
  expect(upcastPayload(versioned, { a: 1 }, 1)).toEqual({
    a: 1,
    steps: ["1 to 2", "2 to 3"],
  });
  expect(upcastPayload(versioned, { steps: [] }, 2)).toEqual({
    steps: ["2 to 3"],
  });
  expect(upcastPayload(versioned, { a: 1 }, 3)).toEqual({ a: 1 });
});

test.each([2, 0, 1.5, "1", null])("refuses the unknown schema_version %j", version => {
  const sent = {
    event_type: "purchase.completed",
    schema_version: version,
    payload: { purchase_id: "p" },
  };
  expect(validate(sent)).toMatchObject({
    ok: false,
    faults: [{ pointer: "/schema_version" }],
  });
});

test("does not change the body", () => {
  const sent = deepFrozen(
    JSON.parse('{"event":"OrderCreated","orderId":1,"userId":2,"items":[{"productId":3}]}'),
  );
  expect(upcast(sent)).toMatchObject({
    event: { order_id: 1, payload: { items: [{ product_id: 3 }] } },
  });
});

function deepFrozen(value: JsonObject): JsonObject {
  for (const part of Object.values(value))
    if (typeof part === "object" && part) deepFrozen(part as JsonObject);
  return Object.freeze(value);
}
