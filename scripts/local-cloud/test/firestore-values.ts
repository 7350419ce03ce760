import * as fc from "fast-check";
import type { Fields, Value } from "../firestore/documents/messages.ts";

const integer = (integerValue: string): Value => ({ valueType: "integerValue", integerValue });
const double = (doubleValue: number): Value => ({ valueType: "doubleValue", doubleValue });
const text = (stringValue: string): Value => ({ valueType: "stringValue", stringValue });
const bytes = (bytesValue: Buffer): Value => ({ valueType: "bytesValue", bytesValue });
const time = (seconds: string, nanos: number): Value => ({
  valueType: "timestampValue",
  timestampValue: { seconds, nanos },
});
const reference = (path: string): Value => ({
  valueType: "referenceValue",
  referenceValue: `projects/p/databases/d/documents/${path}`,
});
const place = (latitude: number, longitude: number): Value => ({
  valueType: "geoPointValue",
  geoPointValue: { latitude, longitude },
});
const list = (values: Value[]): Value => ({ valueType: "arrayValue", arrayValue: { values } });
export const mapOf = (fields: Fields): Value => ({ valueType: "mapValue", mapValue: { fields } });
const vector = (values: Value[]): Value => mapOf({ ["__type__"]: text("__vector__"), value: list(values) });

/** Neighbours in the order of values, and different values that the order calls equal. */
const EDGES: Value[] = [
  { valueType: "nullValue", nullValue: "NULL_VALUE" },
  { valueType: "booleanValue", booleanValue: false },
  { valueType: "booleanValue", booleanValue: true },
  ...["0", "1", "-1", "9007199254740992", "9007199254740993", "9223372036854775807"].map(integer),
  integer("-9223372036854775808"),
  ...[Number.NaN, -0, 0, 1, 1.5, -1, 2 ** 53, 2 ** 63, 5e-324, -5e-324].map(double),
  ...[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_VALUE].map(double),
  time("0", 0),
  time("0", 1000),
  time("-1", 999_999_000),
  time("-62135596800", 0),
  time("253402300799", 999_999_000),
  ...["", "a", "a\0", "a\0b", "ab", "\u{1F600}", "\uffff", "é", "x".repeat(130), `${"x".repeat(130)}y`].map(
    text,
  ),
  text(`${"x".repeat(118)}\u{1F600}`),
  ...[[], [0], [0, 0], [255], [1, 2]].map(content => bytes(Buffer.from(content))),
  ...["a/b", "a/b/c/d", "a/b!", "a/b\0", "a/b\0/c/d", "a/__idea", "a/__id5__", "a/__id-7__"].map(reference),
  place(0, 0),
  place(-0, 1),
  place(-90, 180),
  mapOf({}),
  list([]),
];

const number = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(value => integer(String(value))),
  fc.double().map(double),
);
const scalar: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...EDGES) },
  number,
  fc.string({ unit: "binary", maxLength: 5 }).map(text),
  fc.uint8Array({ maxLength: 3 }).map(content => bytes(Buffer.from(content))),
  fc.tuple(fc.integer({ min: -9999, max: 9999 }), fc.nat({ max: 999_999 })).map(([seconds, micros]) => {
    return time(String(seconds), micros * 1000);
  }),
);

const small = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { maxLength: 3 });
const fieldsOf = (value: fc.Arbitrary<Value>) =>
  fc.dictionary(fc.constantFrom("a", "b", "\u{1F600}", "\uffff"), value, { maxKeys: 3 });

/** Values that a document may hold; many are equal or next to each other. */
export const anyValue: fc.Arbitrary<Value> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 2, arbitrary: small(scalar).map(list) },
  { weight: 1, arbitrary: small(number).map(vector) },
  { weight: 2, arbitrary: fieldsOf(scalar).map(mapOf) },
  { weight: 1, arbitrary: fieldsOf(small(scalar).map(list)).map(mapOf) },
);

/** Few values, so that many documents match. An index cannot tell some of them apart. */
export const alikeScalar: fc.Arbitrary<Value> = fc.constantFrom(
  ...["1", "9007199254740992", "9007199254740993"].map(integer),
  ...["x".repeat(130), `${"x".repeat(130)}y`].map(text),
);

export const alikeValue: fc.Arbitrary<Value> = fc.oneof(
  alikeScalar,
  fc.array(alikeScalar, { maxLength: 3 }).map(list),
);
