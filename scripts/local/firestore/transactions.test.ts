import { expect, test } from "@jest/globals";
import { hostUnderTest, SLOW_MS, signal, testFirestore } from "./test-client.ts";

const firestore = testFirestore();

const ALREADY_EXISTS = 6;
const FAILED_PRECONDITION = 9;
const once = { maxAttempts: 1 };

test(
  "makes a write from outside wait for the transaction that has read the document",
  async () => {
    const reference = firestore.collection().doc();
    await reference.set({ count: 1 });
    const hasRead = signal();
    const order: string[] = [];
    const inside = firestore.db.runTransaction(async transaction => {
      const count = (await transaction.get(reference)).get("count");
      hasRead.reach();
      // The outside write is on its way; reads of others are not held up by anything.
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

test("applies nothing of a batch whose last write fails", async () => {
  const collection = firestore.collection();
  await collection.doc("taken").set({ count: 1 });
  await collection.doc("there").set({ count: 1 });
  const batch = firestore.db.batch();
  batch.set(collection.doc("new"), { count: 1 });
  batch.update(collection.doc("there"), { count: 2 });
  batch.create(collection.doc("taken"), {});
  await expect(batch.commit()).rejects.toMatchObject({ code: ALREADY_EXISTS });
  const documents = (await collection.get()).docs.map(document => [document.id, document.data()]);
  expect(documents).toEqual([
    ["taken", { count: 1 }],
    ["there", { count: 1 }],
  ]);
});

test("applies nothing of a transaction whose last write fails, and lets go of its locks", async () => {
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
  "lets go of the locks when the body throws",
  async () => {
    const reference = firestore.collection().doc();
    const failing = firestore.db.runTransaction(async transaction => {
      await transaction.get(reference);
      throw new Error("changed my mind");
    });
    await expect(failing).rejects.toThrow("changed my mind");
    await reference.set({ count: 1 });
  },
  SLOW_MS,
);

test("shows a read-only transaction one moment, whatever is committed meanwhile", async () => {
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

test("reads documents as they were at an earlier read's time", async () => {
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

test(
  "keeps the sum of accounts under random concurrent transfers, for every reader",
  async () => {
    const accounts = Array.from({ length: 4 }, (_, index) => firestore.collection().doc(String(index)));
    await Promise.all(accounts.map(account => account.set({ amount: 100 })));
    const sumOf = (snapshots: Array<{ get(field: string): number }>) =>
      snapshots.reduce((sum, snapshot) => sum + snapshot.get("amount"), 0);
    const transfer = (from: number, to: number) =>
      firestore.db.runTransaction(async transaction => {
        const pair = [accounts[from], accounts[to]].filter(account => account !== undefined);
        const [source, target] = await transaction.getAll(...pair);
        if (!source || !target) return;
        transaction.update(source.ref, { amount: source.get("amount") - 1 });
        transaction.update(target.ref, { amount: target.get("amount") + 1 });
      });
    const readAll = () =>
      firestore.db.runTransaction(transaction => transaction.getAll(...accounts), { readOnly: true });
    const rounds = hostUnderTest ? 4 : 40;
    const steps = Array.from(
      { length: rounds },
      (_, index) => [index % 4, (index + 1 + (index % 3)) % 4] as const,
    );
    const transfers = steps.map(([from, to]) => transfer(from, to));
    const readers = Array.from({ length: rounds }, async () => sumOf(await readAll()));
    await Promise.all(transfers);
    expect(new Set(await Promise.all(readers))).toEqual(new Set([400]));
    expect(sumOf(await firestore.db.getAll(...accounts))).toBe(400);
  },
  SLOW_MS,
);
