import { status } from "@grpc/grpc-js";
import { expect, test } from "@jest/globals";
import { openStorage } from "../../storage.ts";
import { DATABASE, testFirestore } from "../../test/firestore-client.ts";
import { startFirestore } from "../firestore.ts";

/** Limits that a test can wait for; the service's are a minute and more. */
const transactionLimits = { totalMs: 60_000, idleMs: 50, disconnectedMs: 60_000 };
const firestore = testFirestore(() =>
  startFirestore({ storage: openStorage(), now: Date.now, transactionLimits }),
);

test("releases an idle transaction's locks, and makes its client retry", async () => {
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
});

test("releases the locks of a transaction whose connection has closed", async () => {
  const limits = { totalMs: 60_000, idleMs: 60_000, disconnectedMs: 50 };
  const server = await startFirestore({ storage: openStorage(), now: Date.now, transactionLimits: limits });
  const client = firestore.connect({ host: server.host });
  const newTransaction = { readWrite: {} };
  const documents = [`${DATABASE}/documents/locked/a`];
  // Each call of the test client has a connection of its own, which closes after the call.
  const read = { database: DATABASE, documents, newTransaction };
  await firestore.call("BatchGetDocuments", read, server.host);
  await client.doc("locked/a").set({ count: 1 });
  await client.terminate();
  server.close();
});
