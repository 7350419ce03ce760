import type { DocumentData, DocumentReference } from "@google-cloud/firestore";
import { FieldValue } from "@google-cloud/firestore";
import { expect, test } from "@jest/globals";
import { firestoreUnderTest } from "./test-target.ts";

const firestore = firestoreUnderTest();

async function stored(data: DocumentData): Promise<DocumentReference> {
  const reference = firestore.collection().doc();
  await reference.set(data);
  return reference;
}

const dataOf = async (reference: DocumentReference) => (await reference.get()).data();

test("increments a number and starts at 0 without one", async () => {
  const reference = await stored({ count: 1, text: "x" });
  await reference.update({
    count: FieldValue.increment(2),
    fresh: FieldValue.increment(-1.5),
    text: FieldValue.increment(7),
  });
  expect(await dataOf(reference)).toEqual({ count: 3, fresh: -1.5, text: 7 });
});

test("increments a nested field without a change of its neighbours", async () => {
  const reference = await stored({ m: { count: 1, other: 1 } });
  await reference.update({ "m.count": FieldValue.increment(2), "n.deep": FieldValue.increment(1) });
  await reference.set({ m: { count: FieldValue.increment(3) } }, { merge: true });
  expect(await dataOf(reference)).toEqual({ m: { count: 6, other: 1 }, n: { deep: 1 } });
});

test("limits increments to int64 and turns mixed sums into doubles", async () => {
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

test("applies several transforms beside plain fields in one write", async () => {
  const reference = await stored({ count: 1, list: [1] });
  await reference.update({
    count: FieldValue.increment(2),
    "deep.count": FieldValue.increment(1.5),
    list: FieldValue.arrayUnion(2),
    plain: "x",
  });
  expect(await dataOf(reference)).toEqual({ count: 3, deep: { count: 1.5 }, list: [1, 2], plain: "x" });
});

test("sets serverTimestamp to one commit time in whole milliseconds", async () => {
  const reference = await stored({});
  await reference.update({ at: FieldValue.serverTimestamp(), "m.at": FieldValue.serverTimestamp() });
  const snapshot = await reference.get();
  const at = snapshot.get("at");
  expect(at).toEqual(snapshot.get("m.at"));
  expect(at.nanoseconds % 1_000_000).toBe(0);
  expect(at.toMillis()).toBeLessThanOrEqual(snapshot.updateTime?.toMillis() ?? 0);
});

test("adds only missing elements, once, when arrayUnion is applied", async () => {
  const reference = await stored({ list: [1, 2.5], text: "x" });
  await reference.update({
    list: FieldValue.arrayUnion(1, 3, 3, Number.NaN),
    fresh: FieldValue.arrayUnion("a"),
    text: FieldValue.arrayUnion("y"),
  });
  expect(await dataOf(reference)).toEqual({ list: [1, 2.5, 3, Number.NaN], fresh: ["a"], text: ["y"] });
});

test("removes every equal element when arrayRemove is applied", async () => {
  const reference = await stored({ list: [1, 2.5, 3, 1, Number.NaN] });
  await reference.update({ list: FieldValue.arrayRemove(1, 3), gone: FieldValue.arrayRemove(1) });
  expect(await dataOf(reference)).toEqual({ list: [2.5, Number.NaN], gone: [] });
});
