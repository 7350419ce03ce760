import type { Query } from "@google-cloud/firestore";
import { expect, test } from "@jest/globals";
import type { Listener } from "../../../local-cloud/test/firestore-listener.ts";
import {
  changesIn,
  idsIn,
  listenToDocument,
  listenToQuery,
} from "../../../local-cloud/test/firestore-listener.ts";
import { SLOW_MS } from "../target.ts";
import { firestoreUnderTest } from "./test-target.ts";

const firestore = firestoreUnderTest();

test("shows onSnapshot a missing, created, changed and deleted document", async () => {
  const reference = firestore.collection().doc();
  const listener = listenToDocument(reference);
  await listener.until(snapshot => !snapshot.exists);
  await reference.set({ count: 1 });
  const created = await listener.until(snapshot => snapshot.get("count") === 1);
  await reference.update({ count: 2 });
  const changed = await listener.until(snapshot => snapshot.get("count") === 2);
  expect(changed.createTime).toEqual(created.createTime);
  const changedTime = (await reference.get()).updateTime;
  expect(changed.updateTime).toEqual(changedTime);
  await reference.delete();
  await listener.until(() => listener.snapshots.length > 3);
  expect(listener.snapshots.map(({ exists }) => exists)).toEqual([false, true, true, false]);
});

/** Waits for a snapshot with exactly these documents, and returns its changes. */
async function changesUntil(listener: Listener<Parameters<typeof idsIn>[0]>, ids: string): Promise<string[]> {
  return changesIn(await listener.until(snapshot => idsIn(snapshot) === ids));
}

test("shows onSnapshot each change with its position in an ordered query", async () => {
  const collection = firestore.collection();
  const set = (id: string, rank: number) => collection.doc(id).set({ rank });
  await Promise.all([set("a", 10), set("b", 20), set("c", 30)]);
  const listener = listenToQuery(collection.orderBy("rank").limit(2));
  expect(await changesUntil(listener, "a b")).toEqual(["added a -1>0", "added b -1>1"]);

  await set("a", 25);
  expect(await changesUntil(listener, "b a")).toEqual(["modified a 0>1"]);
  await set("new", 5);
  expect(await changesUntil(listener, "new b")).toEqual(["removed a 1>-1", "added new -1>0"]);
  await collection.doc("b").delete();
  expect(await changesUntil(listener, "new a")).toEqual(["removed b 1>-1", "added a -1>1"]);
  await set("new", 99);
  expect(await changesUntil(listener, "a c")).toEqual(["removed new 0>-1", "added c -1>1"]);
  expect(listener.snapshots).toHaveLength(5);
});

test("shows onSnapshot only matching documents, and their removal", async () => {
  const collection = firestore.collection();
  await collection.doc("a").set({ open: true });
  const listener = listenToQuery(collection.where("open", "==", true));
  await listener.until(({ size }) => size === 1);
  await collection.doc("other").set({ open: false });
  await collection.doc("a").set({ open: false });
  const emptied = await listener.until(({ empty }) => empty);
  expect(changesIn(emptied)).toEqual(["removed a 0>-1"]);
  expect(listener.snapshots).toHaveLength(2);
});

test("serves onSnapshot for collection groups, limitToLast and selected fields", async () => {
  const group = `g${firestore.collection().id}`;
  const root = firestore.collection();
  const below = (parent: string) => root.doc(parent).collection(group);
  const [one, two] = [below("x").doc("one"), below("y").doc("two")];
  const queries: Query[] = [
    firestore.db.collectionGroup(group),
    firestore.db.collectionGroup(group).orderBy("rank").limitToLast(1),
    firestore.db.collectionGroup(group).select("rank"),
  ];
  const listeners = queries.map(listenToQuery);
  await one.set({ rank: 1, more: "text" });
  await Promise.all(listeners.map(listener => listener.until(({ size }) => size === 1)));
  await two.set({ rank: 2, more: "text" });
  const [all, last, selected] = await Promise.all(
    listeners.map(listener =>
      listener.until(({ docs }) => docs.some(document => document.get("rank") === 2)),
    ),
  );
  expect(all?.size).toBe(2);
  expect(last && idsIn(last)).toBe("two");
  expect(selected?.docs.map(document => document.data())).toEqual([{ rank: 1 }, { rank: 2 }]);
});

test("shows onSnapshot all documents of a transaction in one snapshot", async () => {
  const collection = firestore.collection();
  const [left, right] = [collection.doc("left"), collection.doc("right")];
  await left.set({ amount: 100 });
  await right.set({ amount: 0 });
  const listener = listenToQuery(collection);
  await listener.until(({ size }) => size === 2);
  for (let moved = 1; moved <= 5; moved++) {
    await firestore.db.runTransaction(async transaction => {
      const [source, target] = await transaction.getAll(left, right);
      transaction.update(left, { amount: source?.get("amount") - 10 });
      transaction.update(right, { amount: target?.get("amount") + 10 });
    });
  }
  await listener.until(({ docs }) => docs[1]?.get("amount") === 50);
  const sums = listener.snapshots.map(({ docs }) => docs.reduce((sum, one) => sum + one.get("amount"), 0));
  expect(new Set(sums)).toEqual(new Set([100]));
});

test(
  "shows onSnapshot the final state when 50 writers race",
  async () => {
    const collection = firestore.collection();
    const query = collection.orderBy("rank", "desc").limit(7);
    const listeners = [listenToQuery(query), listenToQuery(collection)] as const;
    await listeners[0].until(() => true);
    const writers = Array.from({ length: 50 }, async (_, index) => {
      const reference = collection.doc(`d${index % 20}`);
      await reference.set({ rank: index });
      if (index % 3 === 0) await reference.delete();
      if (index % 5 === 0) await reference.set({ rank: -index });
    });
    await Promise.all(writers);
    const stateOf = ({ docs }: { docs: Array<{ id: string; data(): object }> }) =>
      JSON.stringify(docs.map(document => [document.id, document.data()]));
    const [top, all] = [stateOf(await query.get()), stateOf(await collection.get())];
    // One more write: its snapshot arrives after all snapshots that are still on their way.
    await collection.doc("end").set({ rank: -1000 });
    await listeners[1].until(snapshot => snapshot.docs.some(({ id }) => id === "end"));
    await listeners[0].until(snapshot => stateOf(snapshot) === top);
    expect(stateOf(listeners[0].snapshots.at(-1) ?? { docs: [] })).toBe(top);
    const beforeEnd = listeners[1].snapshots.at(-1)?.docs.filter(({ id }) => id !== "end") ?? [];
    expect(stateOf({ docs: beforeEnd })).toBe(all);
  },
  SLOW_MS,
);

test("sends no snapshot to a stopped listener, but to the other one", async () => {
  const reference = firestore.collection().doc();
  const [first, second] = [listenToDocument(reference), listenToDocument(reference)];
  await Promise.all([first.until(() => true), second.until(() => true)]);
  first.stop();
  await reference.set({ count: 1 });
  await second.until(({ exists }) => exists);
  expect(first.snapshots).toHaveLength(1);
});
