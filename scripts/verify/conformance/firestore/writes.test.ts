import type { DocumentData, DocumentReference } from "@google-cloud/firestore";
import { FieldPath, FieldValue } from "@google-cloud/firestore";
import { expect, test } from "@jest/globals";
import { firestoreUnderTest } from "./test-target.ts";

const firestore = firestoreUnderTest();

const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const FAILED_PRECONDITION = 9;

async function stored(data: DocumentData): Promise<DocumentReference> {
  const reference = firestore.collection().doc();
  await reference.set(data);
  return reference;
}

const dataOf = async (reference: DocumentReference) => (await reference.get()).data();

test("replaces the whole document when set is called", async () => {
  const reference = await stored({ a: 1, m: { x: 1 } });
  await reference.set({ b: 1 });
  expect(await dataOf(reference)).toEqual({ b: 1 });
});

test("keeps unnamed fields, also in maps, when set merges", async () => {
  const reference = await stored({ a: 1, m: { x: 1, y: 2 } });
  await reference.set({ m: { y: 5, z: 3 }, list: [1] }, { merge: true });
  expect(await dataOf(reference)).toEqual({ a: 1, m: { x: 1, y: 5, z: 3 }, list: [1] });
  await reference.set({ m: { only: 1 }, list: [2] }, { mergeFields: ["m"] });
  expect(await dataOf(reference)).toEqual({ a: 1, m: { only: 1 }, list: [1] });
});

test("creates a document when an empty set merges", async () => {
  const reference = firestore.collection().doc();
  await reference.set({}, { merge: true });
  expect(await dataOf(reference)).toEqual({});
});

test("changes only the named paths when update is called", async () => {
  const reference = await stored({ a: 1, m: { x: 1, y: 2 } });
  await reference.update({ "m.x": 5, "n.deep": 1 });
  expect(await dataOf(reference)).toEqual({ a: 1, m: { x: 5, y: 2 }, n: { deep: 1 } });
  await reference.update(new FieldPath("m", "a.b"), 1);
  expect(await dataOf(reference)).toEqual({ a: 1, m: { x: 5, y: 2, "a.b": 1 }, n: { deep: 1 } });
});

test("removes flat and nested fields when FieldValue.delete is applied", async () => {
  const reference = await stored({ a: 1, m: { x: 1, y: 2 }, n: { deep: 1 } });
  await reference.update({ a: FieldValue.delete(), "m.x": FieldValue.delete() });
  await reference.update(new FieldPath("n", "deep"), FieldValue.delete());
  expect(await dataOf(reference)).toEqual({ m: { y: 2 }, n: {} });
});

test("answers NOT_FOUND when the document to update is missing", async () => {
  const missing = firestore.collection().doc();
  await expect(missing.update({ a: 1 })).rejects.toMatchObject({ code: NOT_FOUND });
  expect((await missing.get()).exists).toBe(false);
});

test("answers ALREADY_EXISTS when the document to create exists", async () => {
  const reference = await stored({ a: 1 });
  await expect(reference.create({})).rejects.toMatchObject({ code: ALREADY_EXISTS });
  expect(await dataOf(reference)).toEqual({ a: 1 });
});

test("deletes a missing document unless the document must exist", async () => {
  const missing = firestore.collection().doc();
  await missing.delete();
  await expect(missing.delete({ exists: true })).rejects.toMatchObject({ code: NOT_FOUND });
});

test("applies a write with lastUpdateTime only to that version", async () => {
  const reference = await stored({ a: 1 });
  const first = await reference.get();
  const { updateTime: lastUpdateTime } = first;
  if (!lastUpdateTime) throw new Error("Update time missing: expected one for a stored document, got none");
  await reference.update({ a: 2 }, { lastUpdateTime });
  const stale = { code: FAILED_PRECONDITION };
  await expect(reference.update({ a: 3 }, { lastUpdateTime })).rejects.toMatchObject(stale);
  await expect(reference.delete({ lastUpdateTime })).rejects.toMatchObject(stale);
  const second = await reference.get();
  expect(second.get("a")).toBe(2);
  expect(second.createTime).toEqual(first.createTime);
});

test("gives each commit its own time, but keeps unchanged documents' times", async () => {
  const references = Array.from({ length: 50 }, () => firestore.collection().doc());
  const results = await Promise.all(references.map(reference => reference.set({ count: 1 })));
  const times = results.map(({ writeTime }) => `${writeTime.seconds}.${writeTime.nanoseconds}`);
  expect(new Set(times).size).toBe(times.length);

  const [reference] = references;
  const unchanged = await reference?.set({ count: 1 });
  expect(unchanged?.writeTime).toEqual(results[0]?.writeTime);
  expect((await reference?.get())?.updateTime).toEqual(results[0]?.writeTime);
});

test("applies all writes of a batch", async () => {
  const collection = firestore.collection();
  await Promise.all([collection.doc("changed").set({ count: 1 }), collection.doc("gone").set({})]);
  const batch = firestore.db.batch();
  batch.create(collection.doc("new"), { count: 1 });
  batch.update(collection.doc("changed"), { count: 2 });
  batch.delete(collection.doc("gone"));
  batch.set(collection.doc("new"), { more: true }, { merge: true });
  await batch.commit();
  expect((await collection.get()).docs.map(document => [document.id, document.data()])).toEqual([
    ["changed", { count: 2 }],
    ["new", { count: 1, more: true }],
  ]);
});

test("applies no write of a batch when the last one fails", async () => {
  const collection = firestore.collection();
  await collection.doc("occupied").set({ count: 1 });
  await collection.doc("there").set({ count: 1 });
  const batch = firestore.db.batch();
  batch.set(collection.doc("new"), { count: 1 });
  batch.update(collection.doc("there"), { count: 2 });
  batch.create(collection.doc("occupied"), {});
  await expect(batch.commit()).rejects.toMatchObject({ code: ALREADY_EXISTS });
  const documents = (await collection.get()).docs.map(document => [document.id, document.data()]);
  expect(documents).toEqual([
    ["occupied", { count: 1 }],
    ["there", { count: 1 }],
  ]);
});

test("applies each write of a bulk writer on its own", async () => {
  const collection = firestore.collection();
  await collection.doc("occupied").set({ count: 1 });
  const writer = firestore.db.bulkWriter();
  const results = [
    writer.create(collection.doc("occupied"), {}),
    writer.set(collection.doc("new"), { count: 2 }),
  ];
  const settled = Promise.allSettled(results);
  await writer.close();
  expect((await settled).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  expect((await collection.get()).docs.map(document => document.get("count"))).toEqual([2, 1]);
});

test("deletes a tree of documents without its neighbours", async () => {
  const collection = firestore.collection();
  const neighbour = firestore.db.collection(`${collection.id}0`).doc("x");
  await Promise.all([
    collection.doc("0").set({}),
    collection.doc("a").collection("deep").doc("b").set({}),
    neighbour.set({}),
  ]);
  await firestore.db.recursiveDelete(collection);
  expect((await collection.listDocuments()).length).toBe(0);
  expect((await neighbour.get()).exists).toBe(true);
});
