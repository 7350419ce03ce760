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
