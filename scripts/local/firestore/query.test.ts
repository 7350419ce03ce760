import type { Query } from "@google-cloud/firestore";
import { AggregateField, FieldPath, FieldValue, Filter, GeoPoint, Timestamp } from "@google-cloud/firestore";
import { beforeAll, expect, test } from "@jest/globals";
import { DATABASE, hostUnderTest, testFirestore } from "./test-client.ts";

const firestore = testFirestore();

const INVALID_ARGUMENT = 3;

const ids = async (query: Query) => (await query.get()).docs.map(({ id }) => id);

/** In Firestore's order of values; equal ones are next to each other in the order of their names. */
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
const things = firestore.lazyCollection();

beforeAll(async () => {
  const batch = firestore.db.batch();
  for (const [id, value] of [...ordered].reverse()) batch.set(values().doc(id), { value });
  batch.set(values().doc("without"), { other: 1 });
  for (let index = 0; index < 12; index++) {
    batch.set(things().doc(`d${String(index).padStart(2, "0")}`), {
      index,
      three: index % 3,
      four: index % 4,
      tags: [`t${index % 2}`, `u${index % 3}`],
      nested: { "a.b": index, "x`y": index, plain: { deep: index } },
      ...(index % 2 === 1 && { odd: index }),
    });
  }
  await batch.commit();
});

test("orders values of all types as Firestore does, strings by their UTF-8 bytes", async () => {
  const names = ordered.map(([id]) => id);
  expect(await ids(values().orderBy("value"))).toEqual(names);
  expect(await ids(values().orderBy("value", "desc"))).toEqual(names.toReversed());
});

test("compares a range only within the type, integers and doubles exactly", async () => {
  const query = values();
  expect(await ids(query.where("value", "<", 1))).toEqual(["-infinity", "-1", "zero-", "zero0", "0.5"]);
  expect(await ids(query.where("value", ">", 2 ** 53))).toEqual(["2^53+1", "infinity"]);
  expect(await ids(query.where("value", ">=", "b"))).toEqual(["text-b", "text-ffff", "text-emoji"]);
  expect(await ids(query.where("value", "<=", [1, 2]))).toEqual(["list-empty", "list-1", "list-1-2"]);
  expect(await ids(query.where("value", ">", false))).toEqual(["true"]);
});

test("finds equal values whatever their number type, and null and NaN only when asked for alone", async () => {
  const query = values();
  expect(await ids(query.where("value", "==", 0))).toEqual(["zero-", "zero0"]);
  expect(await ids(query.where("value", "==", null))).toEqual(["null"]);
  expect(await ids(query.where("value", "==", Number.NaN))).toEqual(["nan"]);
  expect(await ids(query.where("value", "==", { a: 1 }))).toEqual(["map-a"]);
  expect(await ids(query.where("value", "in", [null, Number.NaN, 1, "a"]))).toEqual(["one", "text-a"]);
});

test("leaves out the missing, the null and the named with != and not-in", async () => {
  const without = (...left: string[]) => ordered.map(([id]) => id).filter(id => !left.includes(id));
  const query = values();
  expect(await ids(query.where("value", "!=", 1))).toEqual(without("null", "one"));
  expect(await ids(query.where("value", "!=", null))).toEqual(without("null"));
  expect(await ids(query.where("value", "!=", Number.NaN))).toEqual(without("null", "nan"));
  expect(await ids(query.where("value", "not-in", [1, "a"]))).toEqual(without("null", "one", "text-a"));
  expect(await ids(query.where("value", "not-in", [null, "a"]))).toEqual([]);
});

const numbered = (...indexes: number[]) => indexes.map(index => `d${String(index).padStart(2, "0")}`);

test("answers ranges on several fields, ordered by those fields and then by name", async () => {
  const query = things().where("three", ">", 0).where("four", "<", 3);
  expect(await ids(query)).toEqual(numbered(4, 8, 1, 5, 10, 2));
  expect(await ids(query.orderBy("four", "desc"))).toEqual(numbered(2, 10, 5, 1, 8, 4));
});

test("combines filters with and, or, array-contains and array-contains-any", async () => {
  const or = Filter.or(
    Filter.where("index", "==", 1),
    Filter.and(Filter.where("three", "==", 2), Filter.where("four", "==", 3)),
  );
  expect(await ids(things().where(or))).toEqual(numbered(1, 11));
  expect(await ids(things().where("tags", "array-contains", "t1").where("three", "==", 0))).toEqual(
    numbered(3, 9),
  );
  const any = things().where("tags", "array-contains-any", ["u0", "u1"]).where("four", "in", [0, 3]);
  expect(await ids(any)).toEqual(numbered(0, 3, 4, 7));
});

test("reads fields by paths with dots and backticks in their names", async () => {
  expect(await ids(things().where(new FieldPath("nested", "a.b"), "==", 3))).toEqual(numbered(3));
  expect(await ids(things().where(new FieldPath("nested", "x`y"), ">", 9))).toEqual(numbered(10, 11));
  expect(await ids(things().where("nested.plain.deep", "<", 2))).toEqual(numbered(0, 1));
});

test("leaves out documents without the field that it orders by", async () => {
  expect(await ids(things().orderBy("odd", "desc"))).toEqual(numbered(11, 9, 7, 5, 3, 1));
});

test("starts and ends at cursors, inclusive or not, of all or some of the order's fields", async () => {
  const query = things().orderBy("three").orderBy("index", "desc");
  expect(await ids(query.startAfter(1, 7).endBefore(2, 5))).toEqual(numbered(4, 1, 11, 8));
  expect(await ids(query.startAt(1, 7).endAt(2, 8))).toEqual(numbered(7, 4, 1, 11, 8));
  expect(await ids(query.startAt(1).endAt(1))).toEqual(numbered(10, 7, 4, 1));
  const page = await things().orderBy("three").limit(3).get();
  const [last] = page.docs.slice(-1);
  if (!last) throw new Error("a page of three has a last document");
  expect(await ids(things().orderBy("three").startAfter(last).limit(2))).toEqual(numbered(9, 1));
});

test("limits, skips, and takes the last", async () => {
  expect(await ids(things().limit(2))).toEqual(numbered(0, 1));
  expect(await ids(things().orderBy("index").offset(9).limit(5))).toEqual(numbered(9, 10, 11));
  expect(await ids(things().orderBy("index").limitToLast(2))).toEqual(numbered(10, 11));
});

test("selects fields, or none", async () => {
  const [some] = (await things().select("nested.plain", "index").limit(1).get()).docs;
  expect(some?.data()).toEqual({ nested: { plain: { deep: 0 } }, index: 0 });
  const [none] = (await things().select().limit(1).get()).docs;
  expect([none?.id, none?.data()]).toEqual(["d00", {}]);
});

test("compares and lists document names", async () => {
  const name = FieldPath.documentId();
  expect(await ids(things().where(name, ">", "d03").where(name, "<=", "d05"))).toEqual(numbered(4, 5));
  expect(await ids(things().where(name, "in", ["d03", "d01", "none"]))).toEqual(numbered(1, 3));
});

test("finds a collection group at any depth, and below one document only there", async () => {
  const root = firestore.collection();
  const group = `group-${root.id}`;
  await Promise.all([
    firestore.db.collection(group).doc("top").set({ a: 1 }),
    root.doc("x").collection(group).doc("deep").set({ a: 2 }),
    root.doc("x").collection(`${group}-not`).doc("other").set({ a: 3 }),
  ]);
  expect((await ids(firestore.db.collectionGroup(group).orderBy("a"))).sort()).toEqual(["deep", "top"]);
  expect(await ids(root.doc("x").collection(group))).toEqual(["deep"]);
  expect(await ids(firestore.db.collection(group))).toEqual(["top"]);
});

test("counts, sums and averages what a query finds, over documents that have all the fields", async () => {
  const aggregates = {
    count: AggregateField.count(),
    sum: AggregateField.sum("odd"),
    average: AggregateField.average("index"),
  };
  const all = await things().aggregate(aggregates).get();
  expect(all.data()).toEqual({ count: 6, sum: 36, average: 6 });
  const none = await things().where("index", ">", 99).aggregate(aggregates).get();
  expect(none.data()).toEqual({ count: 0, sum: 0, average: null });
  expect((await things().limit(5).count().get()).data()).toEqual({ count: 5 });
});

test("refuses what the service would refuse", async () => {
  const numbers = (count: number) => ({
    arrayValue: { values: Array.from({ length: count }, (_, index) => ({ integerValue: index })) },
  });
  const filter = (op: string, value: object, fieldPath = "a") => ({
    fieldFilter: { field: { fieldPath }, op, value },
  });
  const and = (...filters: object[]) => ({ compositeFilter: { op: "AND", filters } });
  const one = { integerValue: 1 };
  const refused = [
    { where: filter("IN", numbers(0)) },
    { where: filter("IN", numbers(31)) },
    { where: filter("NOT_IN", numbers(11)) },
    { where: and(filter("IN", numbers(6)), filter("IN", numbers(6), "b")) },
    { where: and(filter("NOT_EQUAL", one), filter("NOT_EQUAL", one, "b")) },
    { where: filter("EQUAL", one, "not`a`path") },
    { limit: { value: -1 } },
    { startAt: { values: [one, one] } },
  ];
  for (const part of refused) {
    const structuredQuery = { from: [{ collectionId: "any" }], ...part };
    const answer = firestore.call("RunQuery", { parent: `${DATABASE}/documents`, structuredQuery });
    await expect(answer).rejects.toMatchObject({ code: INVALID_ARGUMENT });
  }
});

test("streams a result larger than one gRPC message", async () => {
  const collection = firestore.collection();
  const text = "x".repeat(100_000);
  await Promise.all(Array.from({ length: 100 }, (_, index) => collection.doc().set({ index, text })));
  let count = 0;
  for await (const _document of collection.stream()) count++;
  expect(count).toBe(100);
});

// Google's emulator cannot scan names downwards.
const testHere: typeof test | (() => void) = hostUnderTest ? () => {} : test;

testHere("orders by name downwards", async () => {
  expect(await ids(things().orderBy(FieldPath.documentId(), "desc").limit(2))).toEqual(numbered(11, 10));
});
