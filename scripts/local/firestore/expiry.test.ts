import { status } from "@grpc/grpc-js";
import { expect, test } from "@jest/globals";
import { startFirestore } from "./firestore.ts";
import { DATABASE, hostUnderTest, testFirestore } from "./test-client.ts";

/** Short enough to be waited for; the service's are a minute and more, also in Google's emulator. */
const transactionLimits = { totalMs: 60_000, idleMs: 50 };
const firestore = testFirestore(() => startFirestore({ now: Date.now, transactionLimits }));
const testHere: typeof test | (() => void) = hostUnderTest ? () => {} : test;

testHere(
  "takes the locks from a transaction that its client left, in the words that make it retry",
  async () => {
    const reference = firestore.collection().doc();
    const documents = [`${DATABASE}/documents/${reference.path}`];
    const newTransaction = { readWrite: {} };
    const [begun] = await firestore.call("BatchGetDocuments", {
      database: DATABASE,
      documents,
      newTransaction,
    });
    // Resolves only because the transaction's idle time ran out.
    await reference.set({ count: 1 });
    const later = firestore.call("BatchGetDocuments", {
      database: DATABASE,
      documents,
      transaction: begun?.["transaction"],
    });
    await expect(later).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: "The referenced transaction has expired or is no longer valid.",
    });
  },
);

test("registers at least one test where the server is another one", () =>
  expect(firestore.host).toBeTruthy());
