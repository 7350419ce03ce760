import { FieldValue } from "@google-cloud/firestore";
import { expect, test } from "@jest/globals";
import { DATABASE } from "../../../local-cloud/test/firestore-client.ts";
import { firestoreUnderTest } from "./test-target.ts";

const firestore = firestoreUnderTest();
const collection = firestore.lazyCollection();

const refused = { code: 3 };

test("stores a document of exactly 1 MiB and refuses a larger one", async () => {
  const reference = firestore.db.doc(`sizes/${"d".repeat(20)}`);
  // Source: firebase.google.com/docs/firestore/storage-size. Name, 32 bytes, two one-letter fields, two strings.
  const overhead = 16 + "sizes".length + 1 + 20 + 1 + 32 + 2 * 2 + 2 * 1;
  const data = { a: "x".repeat(500_000), b: "y".repeat(1_048_576 - overhead - 500_000) };
  await reference.set(data);
  await expect(reference.set({ ...data, b: `${data.b}y` })).rejects.toMatchObject(refused);
  await expect(reference.update({ c: true })).rejects.toMatchObject(refused);
  expect(Object.keys((await reference.get()).data() ?? {}).sort()).toEqual(["a", "b"]);
});

test("refuses a value above 1 MiB less 89 bytes", async () => {
  await expect(
    collection()
      .doc("a")
      .set({ text: "x".repeat(1_048_488) }),
  ).rejects.toMatchObject(refused);
});

test("refuses a commit above 10 MiB", async () => {
  // A raw call has no retries. The client would retry for minutes after the answer of Google's emulator.
  const writes = Array.from({ length: 11 }, (_, index) => ({
    update: {
      name: `${DATABASE}/documents/${collection().id}/large${index}`,
      fields: { text: { stringValue: "x".repeat(1_000_000) } },
    },
  }));
  await expect(firestore.call("Commit", { database: DATABASE, writes })).rejects.toMatchObject(refused);
});

test("refuses more than 500 transforms of one document", async () => {
  const increments = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, FieldValue.increment(1)]));
  await collection().doc().set(increments(500));
  await expect(collection().doc().set(increments(501))).rejects.toMatchObject(refused);
});

test("refuses reserved names of fields and documents", async () => {
  await expect(collection().doc("a").set({ __reserved__: 1 })).rejects.toMatchObject(refused);
  await expect(
    collection()
      .doc("a")
      .set({ m: { __reserved__: 1 } }),
  ).rejects.toMatchObject(refused);
  await expect(collection().doc("__reserved__").set({})).rejects.toMatchObject(refused);
});

test("refuses names of fields and documents above 1500 bytes of UTF-8", async () => {
  await collection()
    .doc("i".repeat(1500))
    .set({ ["n".repeat(1500)]: 1 });
  await expect(collection().doc("i".repeat(1501)).set({})).rejects.toMatchObject(refused);
  await expect(collection().doc("ü".repeat(751)).set({})).rejects.toMatchObject(refused);
  await expect(
    collection()
      .doc("a")
      .set({ ["n".repeat(1501)]: 1 }),
  ).rejects.toMatchObject(refused);
});

test("stores maps 20 levels deep and refuses one level more", async () => {
  // A raw call: the client itself refuses maps that are nested too deep.
  const nested = (levels: number): object => ({
    mapValue: { fields: levels === 1 ? {} : { a: nested(levels - 1) } },
  });
  const name = `${DATABASE}/documents/${collection().id}/deep`;
  const commit = (levels: number) =>
    firestore.call("Commit", {
      database: DATABASE,
      writes: [{ update: { name, fields: { a: nested(levels) } } }],
    });
  await commit(20);
  await expect(commit(21)).rejects.toMatchObject(refused);
});
