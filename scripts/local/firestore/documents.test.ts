import type { DocumentData, DocumentReference } from "@google-cloud/firestore";
import { FieldPath, FieldValue, GeoPoint, Timestamp } from "@google-cloud/firestore";
import { expect, test } from "@jest/globals";
import { DATABASE, hostUnderTest, testFirestore } from "./test-client.ts";

const firestore = testFirestore();

const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const FAILED_PRECONDITION = 9;

async function stored(data: DocumentData): Promise<DocumentReference> {
  const reference = firestore.collection().doc();
  await reference.set(data);
  return reference;
}

const dataOf = async (reference: DocumentReference) => (await reference.get()).data();

test("gives back every type of value as it was written", async () => {
  const data = {
    nothing: null,
    yes: true,
    no: false,
    integer: -42,
    double: 0.1,
    infinite: Number.NEGATIVE_INFINITY,
    notANumber: Number.NaN,
    time: new Timestamp(1_700_000_000, 123_456_000),
    text: "grüße 😀 \u0000",
    empty: "",
    bytes: Buffer.from([0, 255]),
    reference: firestore.db.doc("other/one"),
    place: new GeoPoint(-1.5, 180),
    list: [1, "two", { three: [3] }],
    emptyList: [],
    map: { "a.b": { "c`d": 1 }, constructor: "text" },
    emptyMap: {},
    vector: FieldValue.vector([1, 2.5]),
  };
  expect(await dataOf(await stored(data))).toEqual(data);
});

test("keeps integers beyond 2^53 and the sign of zero exact", async () => {
  const client = firestore.connect();
  client.settings({ useBigInt: true });
  const reference = client.doc(firestore.collection().doc().path);
  await reference.set({ most: 2n ** 63n - 1n, least: -(2n ** 63n), zero: -0 });
  expect(await dataOf(reference)).toEqual({ most: 2n ** 63n - 1n, least: -(2n ** 63n), zero: -0 });
});

test("rounds a time down to the microsecond", async () => {
  const reference = await stored({ time: new Timestamp(1, 123_456_789) });
  expect((await reference.get()).get("time").nanoseconds).toBe(123_456_000);
});

test("replaces on set, merges on merge, and touches only what update names", async () => {
  const reference = await stored({ a: 1, m: { x: 1, y: 2 } });
  await reference.update({ "m.x": 5, "n.deep": 1, a: FieldValue.delete() });
  expect(await dataOf(reference)).toEqual({ m: { x: 5, y: 2 }, n: { deep: 1 } });
  await reference.set({ m: { z: 3 }, list: [1] }, { merge: true });
  expect(await dataOf(reference)).toEqual({ m: { x: 5, y: 2, z: 3 }, n: { deep: 1 }, list: [1] });
  await reference.set({ m: { only: 1 }, list: [2] }, { mergeFields: ["m"] });
  expect(await dataOf(reference)).toEqual({ m: { only: 1 }, n: { deep: 1 }, list: [1] });
  await reference.update(new FieldPath("m", "a.b"), 1, new FieldPath("n", "deep"), FieldValue.delete());
  expect(await dataOf(reference)).toEqual({ m: { only: 1, "a.b": 1 }, n: {}, list: [1] });
  await reference.set({ b: 1 });
  expect(await dataOf(reference)).toEqual({ b: 1 });
});

test("creates a document by merging nothing into it", async () => {
  const reference = firestore.collection().doc();
  await reference.set({}, { merge: true });
  expect(await dataOf(reference)).toEqual({});
});

test("answers what the service answers when a document is there or is not", async () => {
  const reference = await stored({ a: 1 });
  const missing = firestore.collection().doc();
  await expect(reference.create({})).rejects.toMatchObject({ code: ALREADY_EXISTS });
  await expect(missing.update({ a: 1 })).rejects.toMatchObject({ code: NOT_FOUND });
  await expect(missing.delete({ exists: true })).rejects.toMatchObject({ code: NOT_FOUND });
  await missing.delete();
  expect((await missing.get()).exists).toBe(false);
});

test("writes only over the version that the precondition names", async () => {
  const reference = await stored({ a: 1 });
  const first = await reference.get();
  const { updateTime: lastUpdateTime } = first;
  if (!lastUpdateTime) throw new Error("a stored document has an update time");
  await reference.update({ a: 2 }, { lastUpdateTime });
  await expect(reference.update({ a: 3 }, { lastUpdateTime })).rejects.toMatchObject({
    code: FAILED_PRECONDITION,
  });
  await expect(reference.delete({ lastUpdateTime })).rejects.toMatchObject({ code: FAILED_PRECONDITION });
  const second = await reference.get();
  expect(second.get("a")).toBe(2);
  expect(second.createTime).toEqual(first.createTime);
});

test("gives no two commits the same time, and an unchanged document its old one", async () => {
  const references = Array.from({ length: 50 }, () => firestore.collection().doc());
  const results = await Promise.all(references.map(reference => reference.set({ count: 1 })));
  const times = results.map(({ writeTime }) => `${writeTime.seconds}.${writeTime.nanoseconds}`);
  expect(new Set(times).size).toBe(times.length);

  const [reference] = references;
  const unchanged = await reference?.set({ count: 1 });
  expect(unchanged?.writeTime).toEqual(results[0]?.writeTime);
  expect((await reference?.get())?.updateTime).toEqual(results[0]?.writeTime);
});

test("applies several transforms of one write in their order, flat and nested", async () => {
  const reference = await stored({ count: 1, list: [1, 2.5], text: "x" });
  await reference.update({
    count: FieldValue.increment(2),
    "deep.count": FieldValue.increment(1.5),
    list: FieldValue.arrayUnion(1, 3, 3, Number.NaN),
    fresh: FieldValue.arrayUnion("a"),
    text: FieldValue.increment(7),
    at: FieldValue.serverTimestamp(),
    alsoAt: FieldValue.serverTimestamp(),
  });
  const snapshot = await reference.get();
  const { at, alsoAt, ...rest } = snapshot.data() ?? {};
  expect(rest).toEqual({
    count: 3,
    deep: { count: 1.5 },
    list: [1, 2.5, 3, Number.NaN],
    fresh: ["a"],
    text: 7,
  });
  expect(at).toEqual(alsoAt);
  expect(at.nanoseconds % 1_000_000).toBe(0);
  expect(at.toMillis()).toBeLessThanOrEqual(snapshot.updateTime?.toMillis() ?? 0);
  await reference.update({ list: FieldValue.arrayRemove(1, 3), gone: FieldValue.arrayRemove(1) });
  expect(await dataOf(reference)).toMatchObject({ list: [2.5, Number.NaN], gone: [] });
});

test("stops integer increments at the ends of int64 and makes them doubles with a double", async () => {
  const client = firestore.connect();
  client.settings({ useBigInt: true });
  const reference = client.doc(firestore.collection().doc().path);
  await reference.set({ most: 2n ** 63n - 1n, least: -(2n ** 63n), mixed: 1 });
  await reference.update({
    most: FieldValue.increment(5),
    least: FieldValue.increment(-5),
    mixed: FieldValue.increment(0.5),
  });
  expect(await dataOf(reference)).toEqual({ most: 2n ** 63n - 1n, least: -(2n ** 63n), mixed: 1.5 });
});

test("refuses what the service could not store", async () => {
  const collection = firestore.collection();
  const refused: Array<[string, DocumentData]> = [
    ["a", { __reserved__: 1 }],
    ["a", { m: { __reserved__: 1 } }],
    ["a", { ["n".repeat(1501)]: 1 }],
    ["a", { text: "x".repeat(1_048_488) }],
    ["a", { text: "x".repeat(600_000), more: "x".repeat(600_000) }],
    ["__reserved__", {}],
    ["i".repeat(1501), {}],
    ["ü".repeat(751), {}],
  ];
  for (const [id, data] of refused) {
    await expect(collection.doc(id).set(data)).rejects.toMatchObject({ code: INVALID_ARGUMENT });
  }
  await collection.doc("i".repeat(1500)).set({ ["n".repeat(1500)]: 1 });
  expect((await collection.get()).size).toBe(1);

  // The client itself refuses what is nested too deep.
  const nested = (levels: number): object => ({
    mapValue: { fields: levels === 1 ? {} : { a: nested(levels - 1) } },
  });
  const commit = (levels: number) =>
    firestore.call("Commit", {
      database: DATABASE,
      writes: [
        { update: { name: `${DATABASE}/documents/${collection.id}/deep`, fields: { a: nested(levels) } } },
      ],
    });
  await commit(20);
  await expect(commit(21)).rejects.toMatchObject({ code: INVALID_ARGUMENT });
});

test("stores a document of exactly 1 MiB and refuses one byte more", async () => {
  const reference = firestore.db.doc(`sizes/${"d".repeat(20)}`);
  // firebase.google.com/docs/firestore/storage-size: name, 32 bytes, two one-letter fields, two strings.
  const overhead = 16 + "sizes".length + 1 + 20 + 1 + 32 + 2 * 2 + 2 * 1;
  const data = { a: "x".repeat(500_000), b: "y".repeat(1_048_576 - overhead - 500_000) };
  await reference.set(data);
  await expect(reference.set({ ...data, b: `${data.b}y` })).rejects.toMatchObject({ code: INVALID_ARGUMENT });
  await expect(reference.update({ c: true })).rejects.toMatchObject({ code: INVALID_ARGUMENT });
  expect(Object.keys((await dataOf(reference)) ?? {}).sort()).toEqual(["a", "b"]);
});

test("reads several documents at once, with a field mask", async () => {
  const collection = firestore.collection();
  await collection.doc("a").set({ x: 1, m: { y: 2, z: 3 } });
  const [a, missing] = await firestore.db.getAll(collection.doc("a"), collection.doc("none"), {
    fieldMask: ["m.y"],
  });
  expect(a?.data()).toEqual({ m: { y: 2 } });
  expect(missing?.exists).toBe(false);
});

test("lists collections and documents, those that only have something below them too", async () => {
  const collection = firestore.collection();
  await collection.doc("there").set({});
  await collection.doc("missing").collection("below").doc("x").set({});
  await collection.doc("there").collection("other").doc("x").set({});
  const ids = (await collection.listDocuments()).map(({ id }) => id);
  expect(ids).toEqual(["missing", "there"]);
  const below = await collection.doc("missing").listCollections();
  expect(below.map(({ id }) => id)).toEqual(["below"]);
  expect((await firestore.db.listCollections()).map(({ id }) => id)).toContain(collection.id);
  await collection.doc("missing").collection("below").doc("x").delete();
  expect((await collection.listDocuments()).map(({ id }) => id)).toEqual(["there"]);
});

test("writes in bulk, each write by itself", async () => {
  const collection = firestore.collection();
  await collection.doc("taken").set({ count: 1 });
  const writer = firestore.db.bulkWriter();
  const results = [
    writer.create(collection.doc("taken"), {}),
    writer.set(collection.doc("new"), { count: 2 }),
  ];
  const settled = Promise.allSettled(results);
  await writer.close();
  expect((await settled).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  expect((await collection.get()).docs.map(document => document.get("count"))).toEqual([2, 1]);
});

test("deletes a tree of documents and leaves its neighbours", async () => {
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

test("keeps projects and databases apart", async () => {
  const reference = await stored({ a: 1 });
  const others = [
    firestore.connect({ projectId: "demo-other" }),
    firestore.connect({ projectId: "demo-x", databaseId: "other" }),
  ];
  for (const client of others) expect((await client.doc(reference.path).get()).exists).toBe(false);
});

// Google's emulator takes larger commits and more transforms than the service.
const testHere: typeof test | (() => void) = hostUnderTest ? () => {} : test;

testHere("refuses a commit above 10 MiB and more than 500 transforms of a document", async () => {
  const collection = firestore.collection();
  const batch = firestore.db.batch();
  for (let index = 0; index < 11; index++) batch.set(collection.doc(), { text: "x".repeat(1_000_000) });
  await expect(batch.commit()).rejects.toMatchObject({ code: INVALID_ARGUMENT });
  const increments = Array.from({ length: 501 }, (_, index) => [`f${index}`, FieldValue.increment(1)]);
  const many = collection.doc().set(Object.fromEntries(increments));
  await expect(many).rejects.toMatchObject({ code: INVALID_ARGUMENT });
  expect((await collection.get()).size).toBe(0);
});
