import type { DocumentData, DocumentReference } from "@google-cloud/firestore";
import { FieldValue, GeoPoint, Timestamp } from "@google-cloud/firestore";
import { expect, test } from "@jest/globals";
import { firestoreUnderTest } from "./test-target.ts";

const firestore = firestoreUnderTest();

async function stored(data: DocumentData): Promise<DocumentReference> {
  const reference = firestore.collection().doc();
  await reference.set(data);
  return reference;
}

const dataOf = async (reference: DocumentReference) => (await reference.get()).data();

test("returns every type of value unchanged", async () => {
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

test("keeps integers beyond 2^53 and the sign of zero", async () => {
  const client = firestore.connect();
  client.settings({ useBigInt: true });
  const reference = client.doc(firestore.collection().doc().path);
  await reference.set({ most: 2n ** 63n - 1n, least: -(2n ** 63n), zero: -0 });
  expect(await dataOf(reference)).toEqual({ most: 2n ** 63n - 1n, least: -(2n ** 63n), zero: -0 });
});

test("rounds a timestamp down to the microsecond", async () => {
  const reference = await stored({ time: new Timestamp(1, 123_456_789) });
  expect((await reference.get()).get("time").nanoseconds).toBe(123_456_000);
});

test("returns existing and missing documents from one getAll", async () => {
  const collection = firestore.collection();
  await collection.doc("a").set({ x: 1 });
  const [a, missing] = await firestore.db.getAll(collection.doc("a"), collection.doc("none"));
  expect(a?.data()).toEqual({ x: 1 });
  expect(missing?.exists).toBe(false);
});

test("returns only the masked fields from getAll", async () => {
  const collection = firestore.collection();
  await collection.doc("a").set({ x: 1, m: { y: 2, z: 3 } });
  const [a] = await firestore.db.getAll(collection.doc("a"), { fieldMask: ["m.y", "none"] });
  expect(a?.data()).toEqual({ m: { y: 2 } });
});

test("lists collections of the root and of a missing document", async () => {
  const collection = firestore.collection();
  await collection.doc("missing").collection("below").doc("x").set({});
  await collection.doc("missing").collection("also").doc("x").set({});
  const below = await collection.doc("missing").listCollections();
  expect(below.map(({ id }) => id).sort()).toEqual(["also", "below"]);
  expect((await firestore.db.listCollections()).map(({ id }) => id)).toContain(collection.id);
});

test("lists a missing document as long as documents exist below", async () => {
  const collection = firestore.collection();
  const below = collection.doc("missing").collection("below").doc("x");
  await Promise.all([collection.doc("there").set({}), below.set({})]);
  const ids = async () => (await collection.listDocuments()).map(({ id }) => id);
  expect(await ids()).toEqual(["missing", "there"]);
  await below.delete();
  expect(await ids()).toEqual(["there"]);
});

test("separates projects and databases", async () => {
  const reference = await stored({ a: 1 });
  const others = [firestore.connect({ projectId: "demo-other" }), firestore.connect({ databaseId: "other" })];
  for (const client of others) expect((await client.doc(reference.path).get()).exists).toBe(false);
});
