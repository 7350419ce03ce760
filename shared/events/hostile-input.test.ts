import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { catalogue } from "./catalogue.ts";
import { enrich, isPublished, subjectOf } from "./envelope.ts";
import type { JsonObject } from "./fault.ts";
import type { Invalid } from "./validate.ts";
import { validate } from "./validate.ts";

const ADDED: JsonObject = catalogue.get("cart.item_added")?.example ?? {};

function refused(raw: unknown): Invalid {
  const checked = validate(raw);
  if (checked.ok) throw new Error(`accepted ${JSON.stringify(checked.event)}`);
  return checked;
}

function pointers(raw: unknown): string[] {
  return refused(raw).faults.map(fault => fault.pointer);
}

test.each([
  ["a key __proto__", '{"payload":{"a":[{"__proto__":{"polluted":1}}]}}', "/payload/a/0/__proto__"],
  ["a key __proto__ at the top", '{"__proto__":{"event_type":"order.placed"}}', "/__proto__"],
  ["a key constructor", '{"payload":{"constructor":{"prototype":{}}}}', "/payload/constructor"],
  ["a number beyond a double", '{"payload":{"x":[1e999]}}', "/payload/x/0"],
  ["a number below a double", '{"payload":{"x":-1e999}}', "/payload/x"],
  ["a lone surrogate", '{"payload":{"x":"\\ud800"}}', "/payload/x"],
  ["NUL in a string", '{"payload":{"x":"a\\u0000"}}', "/payload/x"],
  ["a lone surrogate in a key", '{"payload":{"\\udc00":1}}', "/payload/\ufffd"],
  ["slashes and tildes in a key", '{"payload":{"a/b~c":1e999}}', "/payload/a~1b~0c"],
])("refuses %s, anywhere", (_what, text, pointer) => {
  expect(pointers({ ...JSON.parse(text), ...keepPayload(JSON.parse(text)) })).toContain(pointer);
  expect(pointers(JSON.parse(text))).toContain(pointer);
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});

function keepPayload({ payload }: JsonObject): JsonObject {
  return { ...ADDED, payload: payload ?? ADDED["payload"] };
}

test("bounds nesting at 32 levels, and survives 20,000 of them", () => {
  const nested = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels));
  const added = (levels: number) => ({
    ...ADDED,
    payload: { product_id: "p", quantity: 1, x: nested(levels) },
  });
  expect(validate(added(30)).ok).toBe(true);
  expect(pointers(added(31))).toEqual([`/payload/x${"/0".repeat(30)}`]);
  expect(pointers(added(20_000))).toEqual([`/payload/x${"/0".repeat(30)}`]);
  expect(refused(nested(20_000)).kind).toBe("no_type");
});

test("bounds how much it looks at, lists and repeats", () => {
  const many = Array.from({ length: 60_000 }, () => ({
    quantity: "x".repeat(1000),
  }));
  const huge = refused({ ...ADDED, payload: { items: many } });
  expect(huge.faults).toEqual([
    {
      pointer: "",
      expected: "at most 10000 values in one event",
      received: "more",
    },
  ]);

  const order = { event_type: "order.placed", user_id: 1, order_id: 1 };
  const { faults } = refused({
    ...order,
    payload: { total: 1, items: many.slice(0, 100) },
  });
  expect(faults).toHaveLength(51);
  expect(faults.at(-1)).toMatchObject({
    pointer: "",
    received: "150 more faults",
  });

  const long = "k".repeat(10_000);
  const withLongKey = refused({
    ...ADDED,
    payload: {
      ...(ADDED["payload"] as JsonObject),
      [long]: { x: Number.POSITIVE_INFINITY },
    },
  });
  expect(withLongKey.faults.map(fault => fault.pointer)).toEqual(["/payload"]);
  for (const fault of [...faults, ...withLongKey.faults])
    expect(fault.received.length).toBeLessThanOrEqual(100);
});

const HOSTILE = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "payload",
  "items",
  "user_id",
  "userId",
  "event",
];
const anyKey = fc.oneof(fc.string({ unit: "binary", maxLength: 5 }), fc.constantFrom(...HOSTILE));
const { json: anyJson } = fc.letrec<{ json: unknown }>(tie => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      null,
      true,
      0,
      -1,
      1.5,
      Number.POSITIVE_INFINITY,
      2 ** 60,
      "",
      "\ud800",
      "__proto__",
      "2025-06-18T10:23:41Z",
    ),
    fc.string({ maxLength: 5 }),
    fc.array(tie("json"), { maxLength: 4 }),
    fc.array(fc.tuple(anyKey, tie("json")), { maxLength: 5 }).map(entries => Object.fromEntries(entries)),
  ),
}));
const examples = [...catalogue.values()].map(definition => definition.example);

/** A valid event with one thing in it replaced, added or taken away. */
const mutated = fc
  .tuple(fc.constantFrom(...examples), fc.nat(40), fc.option(anyJson, { nil: undefined }), anyKey)
  .map(([example, at, value, key]) => {
    const event = JSON.parse(JSON.stringify(example));
    const places = placesIn(event);
    const place = places[at % places.length];
    const isAdded = at % 3 === 0 && !Array.isArray(place?.holder); // JSON gives an array no names
    if (place)
      Object.defineProperty(place.holder, isAdded ? key : place.key, {
        ...WRITABLE,
        value,
      });
    return event;
  });
const WRITABLE = { enumerable: true, configurable: true, writable: true };

function placesIn(holder: object): { holder: object; key: string }[] {
  return Object.entries(holder).flatMap(([key, value]) => [
    { holder, key },
    ...(typeof value === "object" && value !== null ? placesIn(value) : []),
  ]);
}

function holds(raw: unknown, pointer: string): boolean {
  const parts = pointer.split("/").slice(1, -1);
  let at = raw;
  for (const part of parts) {
    if (typeof at !== "object" || at === null) return false;
    at = Reflect.get(at, part.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  return pointer === "" || (typeof at === "object" && at !== null) || pointer.includes("\ufffd");
}

test("whatever is sent, the answer is an event that stays as it is or faults with places in what was sent", () => {
  const inherited = Reflect.ownKeys(Object.prototype);
  const anything = fc
    .tuple(fc.constantFrom(...examples), anyJson)
    .map(([{ event_type }, json]) =>
      typeof json === "object" && !Array.isArray(json) ? { event_type, ...json } : json,
    );
  fc.assert(
    fc.property(fc.oneof(mutated, anything), raw => {
      const before = structuredClone(raw);
      const checked = validate(raw);
      expect(raw).toEqual(before);
      if (checked.ok) {
        expect(validate(checked.event)).toEqual(checked);
        const published = enrich(checked.event, {
          nowMs: 0,
          newId: () => "evt_1",
          producer: "ingest",
        });
        expect(isPublished(published)).toBe(true);
        const received = JSON.parse(JSON.stringify(published));
        expect(validate(received)).toEqual({ ok: true, event: received });
        expect(subjectOf(published)).not.toBe("");
        return;
      }
      expect(checked.faults.length).toBeGreaterThan(0);
      for (const { pointer, received } of checked.faults) {
        expect(received.length).toBeLessThanOrEqual(100);
        const whole = raw?.payload === undefined ? { ...raw, payload: {} } : raw;
        expect([pointer, holds(whole, pointer)]).toEqual([pointer, true]);
      }
    }),
    { numRuns: 1500 },
  );
  expect(Reflect.ownKeys(Object.prototype)).toEqual(inherited);
});
