import type { Query } from "@google-cloud/firestore";
import { FieldValue, GeoPoint, Timestamp } from "@google-cloud/firestore";
import { beforeAll, expect, test } from "@jest/globals";
import { firestoreUnderTest } from "./test-target.ts";

const firestore = firestoreUnderTest();

const ids = async (query: Query) => (await query.get()).docs.map(({ id }) => id);

/** Values in Firestore's order. Equal values are neighbours in the order of their names. */
const ordered: Array<[string, unknown]> = [
  ["null", null],
  ["false", false],
  ["true", true],
  ["nan", Number.NaN],
  ["-infinity", Number.NEGATIVE_INFINITY],
  ["-1", -1],
  ["zero-", -0],
  ["zero0", 0],
  ["0.5", 0.5],
  ["one", 1],
  ["2^53", 2 ** 53],
  ["2^53+1", 2n ** 53n + 1n],
  ["infinity", Number.POSITIVE_INFINITY],
  ["time", new Timestamp(5, 0)],
  ["time-later", new Timestamp(5, 1000)],
  ["text-empty", ""],
  ["text-a", "a"],
  ["text-b", "b"],
  ["text-ffff", "\uffff"],
  ["text-emoji", "😀"],
  ["bytes", Buffer.from([1])],
  ["bytes-longer", Buffer.from([1, 0])],
  ["place", new GeoPoint(1, 2)],
  ["place-east", new GeoPoint(1, 3)],
  ["list-empty", []],
  ["list-1", [1]],
  ["list-1-2", [1, 2]],
  ["list-2", [2]],
  ["vector-short", FieldValue.vector([9])],
  ["vector", FieldValue.vector([1, 2])],
  ["map-empty", {}],
  ["map-a", { a: 1 }],
  ["map-a-b", { a: 1, b: 2 }],
  ["map-a2", { a: 2 }],
  ["map-b", { b: 1 }],
];

const values = firestore.lazyCollection();

beforeAll(async () => {
  const batch = firestore.db.batch();
  for (const [id, value] of [...ordered].reverse()) batch.set(values().doc(id), { value });
  batch.set(values().doc("without"), { other: 1 });
  await batch.commit();
});

test("orders values of all types as documented, strings by UTF-8 bytes", async () => {
  const names = ordered.map(([id]) => id);
  expect(await ids(values().orderBy("value"))).toEqual(names);
  expect(await ids(values().orderBy("value", "desc"))).toEqual(names.toReversed());
});

test("compares a range within one type, integers and doubles exactly", async () => {
  const query = values();
  expect(await ids(query.where("value", "<", 1))).toEqual(["-infinity", "-1", "zero-", "zero0", "0.5"]);
  expect(await ids(query.where("value", ">", 2 ** 53))).toEqual(["2^53+1", "infinity"]);
  expect(await ids(query.where("value", ">=", "b"))).toEqual(["text-b", "text-ffff", "text-emoji"]);
  expect(await ids(query.where("value", "<=", [1, 2]))).toEqual(["list-empty", "list-1", "list-1-2"]);
  expect(await ids(query.where("value", ">", false))).toEqual(["true"]);
});

test("finds equal numbers of any type, maps and lists by content", async () => {
  const query = values();
  expect(await ids(query.where("value", "==", 0))).toEqual(["zero-", "zero0"]);
  expect(await ids(query.where("value", "==", { a: 1 }))).toEqual(["map-a"]);
  expect(await ids(query.where("value", "==", [1, 2]))).toEqual(["list-1-2"]);
});

test("finds null and NaN only by an equality filter", async () => {
  const query = values();
  expect(await ids(query.where("value", "==", null))).toEqual(["null"]);
  expect(await ids(query.where("value", "==", Number.NaN))).toEqual(["nan"]);
  expect(await ids(query.where("value", "in", [null, Number.NaN, 1, "a"]))).toEqual(["one", "text-a"]);
});

test("omits missing, null and excluded values when filters use != or not-in", async () => {
  const without = (...left: string[]) => ordered.map(([id]) => id).filter(id => !left.includes(id));
  const query = values();
  expect(await ids(query.where("value", "!=", 1))).toEqual(without("null", "one"));
  expect(await ids(query.where("value", "!=", null))).toEqual(without("null"));
  expect(await ids(query.where("value", "!=", Number.NaN))).toEqual(without("null", "nan"));
  expect(await ids(query.where("value", "not-in", [1, "a"]))).toEqual(without("null", "one", "text-a"));
  expect(await ids(query.where("value", "not-in", [null, "a"]))).toEqual([]);
});
