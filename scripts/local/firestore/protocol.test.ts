import { randomUUID } from "node:crypto";
import { status } from "@grpc/grpc-js";
import { expect, test } from "@jest/globals";
import { DATABASE, testFirestore } from "./test-client.ts";

const firestore = testFirestore();

const newName = () => `${DATABASE}/documents/protocol/${randomUUID()}`;
const write = (name: string, transaction?: unknown) =>
  firestore.call("Commit", { database: DATABASE, transaction, writes: [{ update: { name } }] });
const begin = async (options = {}) =>
  (await firestore.call("BeginTransaction", { database: DATABASE, options }))[0]?.["transaction"];
const read = (name: string, transaction: unknown) =>
  firestore.call("BatchGetDocuments", { database: DATABASE, documents: [name], transaction });

test("answers UNIMPLEMENTED to what it does not do", async () => {
  await expect(firestore.call("PartitionQuery", {})).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
});

test("begins a transaction in the first answer of a read", async () => {
  const newTransaction = { readWrite: {} };
  const name = newName();
  const [first] = await firestore.call("BatchGetDocuments", {
    database: DATABASE,
    documents: [name],
    newTransaction,
  });
  expect(first?.["transaction"]).toBeInstanceOf(Buffer);
  const [{ commitTime } = {}] = await write(name, first?.["transaction"]);
  expect(commitTime).toBeDefined();
});

test("refuses writes in a read-only transaction", async () => {
  const transaction = await begin({ readOnly: {} });
  await expect(write(newName(), transaction)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
});

test("ends a transaction with its commit, whatever comes of it; rolling back once more is harmless", async () => {
  const transaction = await begin();
  const name = newName();
  await read(name, transaction);
  await firestore.call("Rollback", { database: DATABASE, transaction });
  await firestore.call("Rollback", { database: DATABASE, transaction });
  await expect(write(name, transaction)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  await write(name);
  const unknown = firestore.call("Rollback", { database: DATABASE, transaction: Buffer.from("unknown") });
  await expect(unknown).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
});

test("takes no lock for a transaction that was rolled back while its read waited", async () => {
  const [first, second] = [await begin(), await begin()];
  const name = newName();
  await read(name, first);
  await read(newName(), second);
  const waiting = read(name, second).catch(() => undefined);
  await firestore.call("Rollback", { database: DATABASE, transaction: second });
  await firestore.call("Rollback", { database: DATABASE, transaction: first });
  await waiting;
  await write(name);
});

test("refuses a whole BatchWrite that names a document twice", async () => {
  const update = { name: newName() };
  const twice = firestore.call("BatchWrite", { database: DATABASE, writes: [{ update }, { update }] });
  await expect(twice).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
});
