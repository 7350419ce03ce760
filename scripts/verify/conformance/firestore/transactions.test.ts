import { expect, test } from "@jest/globals";
import { signal } from "../../../local-cloud/test/firestore-client.ts";
import { SLOW_MS } from "../target.ts";
import { firestoreUnderTest } from "./test-target.ts";

const firestore = firestoreUnderTest();

const FAILED_PRECONDITION = 9;
const once = { maxAttempts: 1 };

test("reads documents, queries and counts before the writes of a transaction", async () => {
  const collection = firestore.collection();
  await Promise.all(["a", "b", "c"].map((id, index) => collection.doc(id).set({ amount: index + 1 })));
  const total = await firestore.db.runTransaction(async transaction => {
    const one = await transaction.get(collection.doc("a"));
    const [two, missing] = await transaction.getAll(collection.doc("b"), collection.doc("none"));
    const found = await transaction.get(collection.where("amount", ">", 2));
    const counted = await transaction.get(collection.count());
    expect([missing?.exists, counted.data().count]).toEqual([false, 3]);
    const sum = [one, two, ...found.docs].reduce((all, each) => all + each?.get("amount"), 0);
    transaction.create(collection.doc("sum"), { sum });
    transaction.delete(collection.doc("a"));
    return sum;
  });
  expect(total).toBe(6);
  expect((await collection.get()).docs.map(({ id }) => id)).toEqual(["b", "c", "sum"]);
});

test(
  "delays an outside write, but no read, until the transaction ends",
  async () => {
    const reference = firestore.collection().doc();
    await reference.set({ count: 1 });
    const hasRead = signal();
    const order: string[] = [];
    const inside = firestore.db.runTransaction(async transaction => {
      const count = (await transaction.get(reference)).get("count");
      hasRead.reach();
      // The outside write is on its way now; an outside read does not wait.
      expect((await reference.get()).get("count")).toBe(1);
      transaction.set(reference, { count: count + 1 });
      order.push("inside");
    }, once);
    await hasRead.reached;
    const outside = reference.set({ count: 10 }).then(() => order.push("outside"));
    await Promise.all([inside, outside]);
    expect(order).toEqual(["inside", "outside"]);
    expect((await reference.get()).get("count")).toBe(10);
  },
  SLOW_MS,
);

test("applies nothing and frees all locks when a write fails", async () => {
  const collection = firestore.collection();
  const stale = (await collection.doc("a").set({ count: 1 })).writeTime;
  await collection.doc("a").set({ count: 2 });
  const attempt = firestore.db.runTransaction(async transaction => {
    await transaction.getAll(collection.doc("a"), collection.doc("b"));
    transaction.set(collection.doc("b"), { count: 1 });
    transaction.update(collection.doc("a"), { count: 3 }, { lastUpdateTime: stale });
  }, once);
  await expect(attempt).rejects.toMatchObject({ code: FAILED_PRECONDITION });
  expect((await collection.doc("b").get()).exists).toBe(false);
  await collection.doc("a").set({ count: 4 });
});

test(
  "applies nothing and frees all locks when the body throws",
  async () => {
    const reference = firestore.collection().doc();
    const failing = firestore.db.runTransaction(async transaction => {
      await transaction.get(reference);
      transaction.set(reference, { count: 2 });
      throw new Error("the body failed");
    });
    await expect(failing).rejects.toThrow("the body failed");
    expect((await reference.get()).exists).toBe(false);
    await reference.set({ count: 1 });
  },
  SLOW_MS,
);

test("shows a read-only transaction one consistent snapshot despite later commits", async () => {
  const collection = firestore.collection();
  await collection.doc("a").set({ count: 1 });
  await collection.doc("gone").set({ count: 1 });
  const seen = await firestore.db.runTransaction(
    async transaction => {
      const first = await transaction.get(collection.doc("a"));
      const batch = firestore.db.batch();
      batch.update(collection.doc("a"), { count: 2 });
      batch.create(collection.doc("new"), { count: 2 });
      batch.delete(collection.doc("gone"));
      await batch.commit();
      const again = await transaction.getAll(collection.doc("a"), collection.doc("new"));
      const all = await transaction.get(collection.orderBy("count"));
      return [first, ...again, ...all.docs].map(snapshot => [snapshot.id, snapshot.get("count")]);
    },
    { readOnly: true },
  );
  const [a, gone] = [
    ["a", 1],
    ["gone", 1],
  ];
  expect(seen).toEqual([a, a, ["new", undefined], a, gone]);
  expect((await collection.get()).docs.map(document => document.id)).toEqual(["a", "new"]);
});

test("reads earlier versions when a read-only transaction has a read time", async () => {
  const reference = firestore.collection().doc();
  await reference.set({ count: 1 });
  const { readTime } = await reference.get();
  await reference.set({ count: 2 });
  const earlier = await firestore.db.runTransaction(transaction => transaction.get(reference), {
    readOnly: true,
    readTime,
  });
  expect(earlier.get("count")).toBe(1);
});
