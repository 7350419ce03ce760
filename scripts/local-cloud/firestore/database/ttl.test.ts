import { Timestamp } from "@google-cloud/firestore";
import { expect, test } from "@jest/globals";
import { openStorage } from "../../storage.ts";
import { DATABASE, testFirestore } from "../../test/firestore-client.ts";
import { idsIn, listenToQuery } from "../../test/firestore-listener.ts";
import { startFirestore } from "../firestore.ts";

let nowMs = Date.now();
let sweepExpired: () => number = () => 0;
const firestore = testFirestore(async () => {
  const server = await startFirestore({
    storage: openStorage(),
    now: () => nowMs,
    deployed: { database: DATABASE, ttlFields: { visits: "meta.expires_at" } },
  });
  sweepExpired = server.sweepExpired;
  return server;
});

const at = (ms: number) => ({ meta: { expires_at: Timestamp.fromMillis(ms) } });

test("deletes expired documents of all collections with the id, and notifies listeners", async () => {
  const { db } = firestore;
  await Promise.all([
    db.doc("visits/soon").set(at(nowMs + 1000)),
    db.doc("visits/later").set(at(nowMs + 1001)),
    db.doc("visits/never").set({ meta: { expires_at: "tomorrow" } }),
    db.doc("shops/1/visits/soon").set(at(nowMs)),
    db.doc("others/soon").set(at(nowMs)),
  ]);
  const listener = listenToQuery(db.collection("visits"));
  await listener.until(({ size }) => size === 3);
  expect(sweepExpired()).toBe(1);
  nowMs += 1000;
  expect((await db.doc("visits/soon").get()).exists).toBe(true);
  expect(sweepExpired()).toBe(1);
  await listener.until(snapshot => idsIn(snapshot) === "later never");
  expect((await db.collectionGroup("visits").get()).size).toBe(2);
  expect((await db.doc("others/soon").get()).exists).toBe(true);
});

test("keeps an expired document while a transaction has read it", async () => {
  const { db } = firestore;
  const [read, found] = [db.doc("a/1/visits/read"), db.doc("b/1/visits/found")];
  await Promise.all([read.set(at(nowMs)), found.set(at(nowMs))]);
  const swept = await db.runTransaction(async transaction => {
    await transaction.get(read);
    await transaction.get(db.collection("b/1/visits"));
    transaction.update(read, { seen: true });
    return sweepExpired();
  });
  expect(swept).toBe(0);
  expect((await read.get()).get("seen")).toBe(true);
  expect(sweepExpired()).toBe(2);
});
