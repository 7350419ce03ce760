import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { catalogue } from "./catalogue.ts";
import { enrich, isPublished, subjectOf } from "./envelope.ts";
import { validate } from "./validate.ts";

const HOSTILE_KEYS = [
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
const anyKey = fc.oneof(fc.string({ unit: "binary", maxLength: 5 }), fc.constantFrom(...HOSTILE_KEYS));
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
const WRITABLE = { enumerable: true, configurable: true, writable: true };

/** A valid event with one value replaced, added or removed. */
const mutatedEvent = fc
  .tuple(fc.constantFrom(...examples), fc.nat(40), fc.option(anyJson, { nil: undefined }), anyKey)
  .map(([example, at, value, key]) => {
    const event = JSON.parse(JSON.stringify(example));
    const places = placesIn(event);
    const place = places[at % places.length];
    const isAdded = at % 3 === 0 && !Array.isArray(place?.holder); // JSON gives an array no names
    if (place) Object.defineProperty(place.holder, isAdded ? key : place.key, { ...WRITABLE, value });
    return event;
  });

/** Any JSON value; an object gets the type of an event. */
const anyBody = fc
  .tuple(fc.constantFrom(...examples), anyJson)
  .map(([{ event_type }, json]) =>
    typeof json === "object" && !Array.isArray(json) ? { event_type, ...json } : json,
  );

const anyInput = fc.oneof(mutatedEvent, anyBody);
const RUNS = { numRuns: 1500 };

function placesIn(holder: object): { holder: object; key: string }[] {
  return Object.entries(holder).flatMap(([key, value]) => [
    { holder, key },
    ...(typeof value === "object" && value !== null ? placesIn(value) : []),
  ]);
}

/** Tells whether the object that a pointer leads to exists in the body. */
function holds(raw: unknown, pointer: string): boolean {
  const parts = pointer.split("/").slice(1, -1);
  let at = raw;
  for (const part of parts) {
    if (typeof at !== "object" || at === null) return false;
    at = Reflect.get(at, part.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  return pointer === "" || (typeof at === "object" && at !== null) || pointer.includes("\ufffd");
}

describe("validate, for any input", () => {
  test("changes neither the input nor a prototype", () => {
    const inherited = Reflect.ownKeys(Object.prototype);
    fc.assert(
      fc.property(anyInput, raw => {
        const before = structuredClone(raw);
        validate(raw);
        expect(raw).toEqual(before);
      }),
      RUNS,
    );
    expect(Reflect.ownKeys(Object.prototype)).toEqual(inherited);
  });

  test("keeps an accepted event as it is when validated again", () => {
    fc.assert(
      fc.property(anyInput, raw => {
        const checked = validate(raw);
        if (!checked.ok) return;
        expect(validate(checked.event)).toEqual(checked);
        const published = enrich(checked.event, { nowMs: 0, newId: () => "evt_1", producer: "ingest" });
        expect(isPublished(published)).toBe(true);
        const received = JSON.parse(JSON.stringify(published));
        expect(validate(received)).toEqual({ ok: true, event: received });
        expect(subjectOf(published)).not.toBe("");
      }),
      RUNS,
    );
  });

  test("points each fault into the input, in at most 100 characters", () => {
    fc.assert(
      fc.property(anyInput, raw => {
        const checked = validate(raw);
        if (checked.ok) return;
        expect(checked.faults.length).toBeGreaterThan(0);
        const whole = raw?.payload === undefined ? { ...raw, payload: {} } : raw;
        for (const { pointer, received } of checked.faults) {
          expect(received.length).toBeLessThanOrEqual(100);
          expect([pointer, holds(whole, pointer)]).toEqual([pointer, true]);
        }
      }),
      RUNS,
    );
  });
});
