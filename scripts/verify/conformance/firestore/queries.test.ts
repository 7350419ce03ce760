import { randomUUID } from "node:crypto";
import type { Query } from "@google-cloud/firestore";
import { AggregateField, FieldPath, Filter } from "@google-cloud/firestore";
import { beforeAll, expect, test } from "@jest/globals";
import { DATABASE } from "../../../local-cloud/test/firestore-client.ts";
import { firestoreUnderTest } from "./test-target.ts";

const firestore = firestoreUnderTest();
const things = firestore.lazyCollection();

const INVALID_ARGUMENT = 3;

const ids = async (query: Query) => (await query.get()).docs.map(({ id }) => id);
const numbered = (...indexes: number[]) => indexes.map(index => `d${String(index).padStart(2, "0")}`);

beforeAll(async () => {
  const batch = firestore.db.batch();
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

test("where with == finds what is equal, in the order of document ids", async () => {
  expect(await ids(things().where("three", "==", 1))).toEqual(numbered(1, 4, 7, 10));
  expect(await ids(things().where("three", "==", 1).where("four", "==", 3))).toEqual(numbered(7));
});

test("where with a range finds what is in it, in the order of that field", async () => {
  expect(await ids(things().where("index", ">=", 3).where("index", "<", 6))).toEqual(numbered(3, 4, 5));
  expect(await ids(things().where("three", ">", 1))).toEqual(numbered(2, 5, 8, 11));
});

test("where with ranges on several fields orders by those fields and then by id", async () => {
  const query = things().where("three", ">", 0).where("four", "<", 3);
  expect(await ids(query)).toEqual(numbered(4, 8, 1, 5, 10, 2));
  expect(await ids(query.orderBy("four", "desc"))).toEqual(numbered(2, 10, 5, 1, 8, 4));
});

test("where with in finds any of the named values", async () => {
  expect(await ids(things().where("index", "in", [4, 1, 99]))).toEqual(numbered(1, 4));
});

test("where with array-contains finds lists that hold the value", async () => {
  expect(await ids(things().where("tags", "array-contains", "t1").where("three", "==", 0))).toEqual(
    numbered(3, 9),
  );
});

test("where with array-contains-any finds lists that hold any of the values, beside in", async () => {
  const any = things().where("tags", "array-contains-any", ["u0", "u1"]).where("four", "in", [0, 3]);
  expect(await ids(any)).toEqual(numbered(0, 3, 4, 7));
});

test("where with OR and AND combines filters", async () => {
  const or = Filter.or(
    Filter.where("index", "==", 1),
    Filter.and(Filter.where("three", "==", 2), Filter.where("four", "==", 3)),
  );
  expect(await ids(things().where(or))).toEqual(numbered(1, 11));
});

test("where and orderBy take nested paths, with dots and backticks in their names", async () => {
  expect(await ids(things().where("nested.plain.deep", "<", 2))).toEqual(numbered(0, 1));
  expect(await ids(things().where(new FieldPath("nested", "a.b"), "==", 3))).toEqual(numbered(3));
  expect(await ids(things().where(new FieldPath("nested", "x`y"), ">", 9))).toEqual(numbered(10, 11));
  expect(await ids(things().orderBy("nested.plain.deep", "desc").limit(1))).toEqual(numbered(11));
});

test("orderBy orders by several fields, and leaves out documents without one of them", async () => {
  expect(await ids(things().orderBy("three").orderBy("index", "desc").limit(5))).toEqual(
    numbered(9, 6, 3, 0, 10),
  );
  expect(await ids(things().orderBy("odd", "desc"))).toEqual(numbered(11, 9, 7, 5, 3, 1));
});

test("without orderBy the order is that of the ids", async () => {
  expect(await ids(things())).toEqual(numbered(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
});

test("orderBy of the id downwards is the order of the ids backwards", async () => {
  expect(await ids(things().orderBy(FieldPath.documentId(), "desc").limit(2))).toEqual(numbered(11, 10));
});

test("equal values of an order are ordered by id in the same direction", async () => {
  expect(await ids(things().orderBy("three", "desc").limit(4))).toEqual(numbered(11, 8, 5, 2));
});

test("limit takes the first", async () => {
  expect(await ids(things().limit(2))).toEqual(numbered(0, 1));
});

test("offset skips, with a limit and without", async () => {
  expect(await ids(things().orderBy("index").offset(9).limit(5))).toEqual(numbered(9, 10, 11));
  expect(await ids(things().offset(11))).toEqual(numbered(11));
});

test("limitToLast takes the last, in the order asked for", async () => {
  expect(await ids(things().orderBy("index").limitToLast(2))).toEqual(numbered(10, 11));
});

test("cursors start and end inclusively or not, at all or some of the order's fields", async () => {
  const query = things().orderBy("three").orderBy("index", "desc");
  expect(await ids(query.startAfter(1, 7).endBefore(2, 5))).toEqual(numbered(4, 1, 11, 8));
  expect(await ids(query.startAt(1, 7).endAt(2, 8))).toEqual(numbered(7, 4, 1, 11, 8));
  expect(await ids(query.startAt(1).endAt(1))).toEqual(numbered(10, 7, 4, 1));
});

test("a cursor at a document goes on exactly behind it", async () => {
  const page = await things().orderBy("three").limit(3).get();
  const [last] = page.docs.slice(-1);
  if (!last) throw new Error("a page of three has a last document");
  expect(await ids(things().orderBy("three").startAfter(last).limit(2))).toEqual(numbered(9, 1));
});

test("select reads the named fields, or none", async () => {
  const [some] = (await things().select("nested.plain", "index").limit(1).get()).docs;
  expect(some?.data()).toEqual({ nested: { plain: { deep: 0 } }, index: 0 });
  const [none] = (await things().select().limit(1).get()).docs;
  expect([none?.id, none?.data()]).toEqual(["d00", {}]);
});

test("document ids are compared and listed like fields", async () => {
  const name = FieldPath.documentId();
  expect(await ids(things().where(name, ">", "d03").where(name, "<=", "d05"))).toEqual(numbered(4, 5));
  expect(await ids(things().where(name, "in", ["d03", "d01", "none"]))).toEqual(numbered(1, 3));
});

test("a collection group is found at any depth, and a collection only where it is", async () => {
  const root = firestore.collection();
  const group = `group-${root.id}`;
  await Promise.all([
    firestore.db.collection(group).doc("top").set({ a: 1 }),
    root.doc("x").collection(group).doc("deep").set({ a: 2 }),
    root.doc("x").collection(`${group}-not`).doc("other").set({ a: 3 }),
  ]);
  expect(await ids(firestore.db.collectionGroup(group).orderBy("a"))).toEqual(["top", "deep"]);
  expect(await ids(root.doc("x").collection(group))).toEqual(["deep"]);
  expect(await ids(firestore.db.collection(group))).toEqual(["top"]);
});

test("the partitions of a collection group hold each document once", async () => {
  const group = `g${randomUUID()}`;
  const batch = firestore.db.batch();
  for (let index = 0; index < 10; index++) batch.set(firestore.db.doc(`p/${index}/${group}/${index}`), {});
  await batch.commit();
  for (const count of [1, 4, 99]) {
    const found: string[] = [];
    for await (const part of firestore.db.collectionGroup(group).getPartitions(count)) {
      found.push(...(await ids(part.toQuery())));
    }
    expect(found.sort()).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  }
});

test("count counts what a query finds, up to its limit", async () => {
  expect((await things().where("three", "==", 0).count().get()).data()).toEqual({ count: 4 });
  expect((await things().limit(5).count().get()).data()).toEqual({ count: 5 });
});

test("sum adds the numbers of a field", async () => {
  const sumOf = async (query: Query, field: string) =>
    (await query.aggregate({ sum: AggregateField.sum(field) }).get()).data().sum;
  expect(await sumOf(things(), "index")).toBe(66);
  expect(await sumOf(things().where("index", ">", 99), "index")).toBe(0);
});

test("average is the mean of a field's numbers, and null of none", async () => {
  const averageOf = async (query: Query) =>
    (await query.aggregate({ average: AggregateField.average("index") }).get()).data().average;
  expect(await averageOf(things())).toBe(5.5);
  expect(await averageOf(things().where("index", ">", 99))).toBe(null);
});

test("several aggregates of one query are over documents that have all of their fields", async () => {
  const aggregates = {
    count: AggregateField.count(),
    sum: AggregateField.sum("odd"),
    average: AggregateField.average("index"),
  };
  expect((await things().aggregate(aggregates).get()).data()).toEqual({ count: 6, sum: 36, average: 6 });
});

test("a result larger than one gRPC message is streamed", async () => {
  const collection = firestore.collection();
  const text = "x".repeat(100_000);
  await Promise.all(Array.from({ length: 100 }, (_, index) => collection.doc().set({ index, text })));
  let count = 0;
  for await (const _document of collection.stream()) count++;
  expect(count).toBe(100);
});

test("a query that the service would refuse is refused", async () => {
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
