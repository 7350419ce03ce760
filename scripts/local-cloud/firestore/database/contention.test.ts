import { expect, test } from "@jest/globals";
import { testFirestore } from "../../test/firestore-client.ts";

const firestore = testFirestore();

test("commits 20 concurrent read-modify-writes of one document without an abort", async () => {
  const reference = firestore.collection().doc();
  let runs = 0;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: 20 }, () =>
      firestore.db.runTransaction(async transaction => {
        runs++;
        const snapshot = await transaction.get(reference);
        transaction.set(reference, { count: (snapshot.get("count") ?? 0) + 1 });
      }),
    ),
  );
  expect((await reference.get()).get("count")).toBe(20);
  // An abort costs the client a second of waiting.
  expect(runs).toBe(20);
  expect(performance.now() - startedMs).toBeLessThan(2000);
});

test("lets transactions share a document that none of them writes", async () => {
  const setting = firestore.collection().doc();
  const transactions = 40;
  for (let n = 0; n < 4; n += 1) await firestore.db.runTransaction(transaction => transaction.get(setting));
  const allRead = Promise.withResolvers<void>();
  let reads = 0;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: transactions }, (_, number) =>
      firestore.db.runTransaction(async transaction => {
        await transaction.get(setting);
        if (++reads === transactions) allRead.resolve();
        await allRead.promise;
        transaction.set(firestore.collection().doc(), { number });
      }),
    ),
  );
  // One after the other, each read waits 100 ms.
  expect(performance.now() - startedMs).toBeLessThan(3000);
});

test("commits a write of a document that transactions read all the time", async () => {
  const setting = firestore.collection().doc();
  let isWritten = false;
  const readOften = async (): Promise<void> => {
    while (!isWritten) await firestore.db.runTransaction(transaction => transaction.get(setting));
  };
  const readers = Promise.all(Array.from({ length: 10 }, readOften));
  await firestore.db.runTransaction(async transaction => {
    await transaction.get(setting);
    transaction.set(setting, { generation: 2 });
  });
  isWritten = true;
  await readers;
  expect((await setting.get()).get("generation")).toBe(2);
});
