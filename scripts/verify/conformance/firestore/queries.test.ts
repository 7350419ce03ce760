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

test("finds equal values by id when a filter uses ==", async () => {
  expect(await ids(things().where("three", "==", 1))).toEqual(numbered(1, 4, 7, 10));
  expect(await ids(things().where("three", "==", 1).where("four", "==", 3))).toEqual(numbered(7));
});

test("finds values within a range in the order of that field", async () => {
  expect(await ids(things().where("index", ">=", 3).where("index", "<", 6))).toEqual(numbered(3, 4, 5));
  expect(await ids(things().where("three", ">", 1))).toEqual(numbered(2, 5, 8, 11));
});

test("orders by each field, then by id, when ranges span fields", async () => {
  const query = things().where("three", ">", 0).where("four", "<", 3);
  expect(await ids(query)).toEqual(numbered(4, 8, 1, 5, 10, 2));
  expect(await ids(query.orderBy("four", "desc"))).toEqual(numbered(2, 10, 5, 1, 8, 4));
});

test("finds any listed value when a filter uses in", async () => {
  expect(await ids(things().where("index", "in", [4, 1, 99]))).toEqual(numbered(1, 4));
});

test("finds lists with the value when a filter uses array-contains", async () => {
  expect(await ids(things().where("tags", "array-contains", "t1").where("three", "==", 0))).toEqual(
    numbered(3, 9),
  );
});

test("combines array-contains-any with in", async () => {
  const any = things().where("tags", "array-contains-any", ["u0", "u1"]).where("four", "in", [0, 3]);
  expect(await ids(any)).toEqual(numbered(0, 3, 4, 7));
});

test("combines filters with OR and AND", async () => {
  const or = Filter.or(
    Filter.where("index", "==", 1),
    Filter.and(Filter.where("three", "==", 2), Filter.where("four", "==", 3)),
  );
  expect(await ids(things().where(or))).toEqual(numbered(1, 11));
});

test("accepts nested paths with dots and backticks in field names", async () => {
  expect(await ids(things().where("nested.plain.deep", "<", 2))).toEqual(numbered(0, 1));
  expect(await ids(things().where(new FieldPath("nested", "a.b"), "==", 3))).toEqual(numbered(3));
  expect(await ids(things().where(new FieldPath("nested", "x`y"), ">", 9))).toEqual(numbered(10, 11));
  expect(await ids(things().orderBy("nested.plain.deep", "desc").limit(1))).toEqual(numbered(11));
});

test("omits documents without a field that orderBy names", async () => {
  expect(await ids(things().orderBy("three").orderBy("index", "desc").limit(5))).toEqual(
    numbered(9, 6, 3, 0, 10),
  );
  expect(await ids(things().orderBy("odd", "desc"))).toEqual(numbered(11, 9, 7, 5, 3, 1));
});

test("orders by document id when a query has no orderBy", async () => {
  expect(await ids(things())).toEqual(numbered(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
});

test("orders by descending document id", async () => {
  expect(await ids(things().orderBy(FieldPath.documentId(), "desc").limit(2))).toEqual(numbered(11, 10));
});

test("orders equal values by id in the same direction", async () => {
  expect(await ids(things().orderBy("three", "desc").limit(4))).toEqual(numbered(11, 8, 5, 2));
});

test("returns the first documents when a query has a limit", async () => {
  expect(await ids(things().limit(2))).toEqual(numbered(0, 1));
});

test("skips documents when a query has an offset", async () => {
  expect(await ids(things().orderBy("index").offset(9).limit(5))).toEqual(numbered(9, 10, 11));
  expect(await ids(things().offset(11))).toEqual(numbered(11));
});

test("returns the last documents in the requested order when limitToLast is set", async () => {
  expect(await ids(things().orderBy("index").limitToLast(2))).toEqual(numbered(10, 11));
});

test("starts and ends at cursors, inclusive or exclusive, complete or partial", async () => {
  const query = things().orderBy("three").orderBy("index", "desc");
  expect(await ids(query.startAfter(1, 7).endBefore(2, 5))).toEqual(numbered(4, 1, 11, 8));
  expect(await ids(query.startAt(1, 7).endAt(2, 8))).toEqual(numbered(7, 4, 1, 11, 8));
  expect(await ids(query.startAt(1).endAt(1))).toEqual(numbered(10, 7, 4, 1));
});

test("continues exactly after a document when the cursor names the document", async () => {
  const page = await things().orderBy("three").limit(3).get();
  const [last] = page.docs.slice(-1);
  if (!last) throw new Error("Page empty: expected 3 documents, got none");
  expect(await ids(things().orderBy("three").startAfter(last).limit(2))).toEqual(numbered(9, 1));
});

test("returns only the fields that select names", async () => {
  const [some] = (await things().select("nested.plain", "index").limit(1).get()).docs;
  expect(some?.data()).toEqual({ nested: { plain: { deep: 0 } }, index: 0 });
  const [none] = (await things().select().limit(1).get()).docs;
  expect([none?.id, none?.data()]).toEqual(["d00", {}]);
});

test("compares document ids like fields", async () => {
  const name = FieldPath.documentId();
  expect(await ids(things().where(name, ">", "d03").where(name, "<=", "d05"))).toEqual(numbered(4, 5));
  expect(await ids(things().where(name, "in", ["d03", "d01", "none"]))).toEqual(numbered(1, 3));
});

test("finds a collection group at any depth, but a collection in place", async () => {
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

test("returns each document once in the partitions of a collection group", async () => {
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

test("counts the documents of a query up to its limit", async () => {
  expect((await things().where("three", "==", 0).count().get()).data()).toEqual({ count: 4 });
  expect((await things().limit(5).count().get()).data()).toEqual({ count: 5 });
});

test("sums the numbers of a field", async () => {
  const sumOf = async (query: Query, field: string) =>
    (await query.aggregate({ sum: AggregateField.sum(field) }).get()).data().sum;
  expect(await sumOf(things(), "index")).toBe(66);
  expect(await sumOf(things().where("index", ">", 99), "index")).toBe(0);
});

test("averages the numbers of a field and returns null without numbers", async () => {
  const averageOf = async (query: Query) =>
    (await query.aggregate({ average: AggregateField.average("index") }).get()).data().average;
  expect(await averageOf(things())).toBe(5.5);
  expect(await averageOf(things().where("index", ">", 99))).toBe(null);
});

test("aggregates only documents that have all aggregated fields", async () => {
  const aggregates = {
    count: AggregateField.count(),
    sum: AggregateField.sum("odd"),
    average: AggregateField.average("index"),
  };
  expect((await things().aggregate(aggregates).get()).data()).toEqual({ count: 6, sum: 36, average: 6 });
});

test("streams a result that is larger than one gRPC message", async () => {
  const collection = firestore.collection();
  const text = "x".repeat(100_000);
  await Promise.all(Array.from({ length: 100 }, (_, index) => collection.doc().set({ index, text })));
  let count = 0;
  for await (const _document of collection.stream()) count++;
  expect(count).toBe(100);
});

test("refuses a query that Firestore refuses", async () => {
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
