import { randomUUID } from "node:crypto";
import { status } from "@grpc/grpc-js";
import { expect, test } from "@jest/globals";
import { DATABASE } from "../../../local-cloud/test/firestore-client.ts";
import { firestoreUnderTest } from "./test-target.ts";

const firestore = firestoreUnderTest();

const newName = () => `${DATABASE}/documents/wire/${randomUUID()}`;
const write = (name: string, transaction?: unknown) =>
  firestore.call("Commit", { database: DATABASE, transaction, writes: [{ update: { name } }] });
const begin = async (options = {}) =>
  (await firestore.call("BeginTransaction", { database: DATABASE, options }))[0]?.["transaction"];
const read = (name: string, transaction: unknown) =>
  firestore.call("BatchGetDocuments", { database: DATABASE, documents: [name], transaction });

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

test("refuses writes when the transaction is read-only", async () => {
  const transaction = await begin({ readOnly: {} });
  await expect(write(newName(), transaction)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
});

test("refuses a commit after a rollback, but allows a second rollback", async () => {
  const transaction = await begin();
  const name = newName();
  await read(name, transaction);
  await firestore.call("Rollback", { database: DATABASE, transaction });
  await firestore.call("Rollback", { database: DATABASE, transaction });
  await expect(write(name, transaction)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  await write(name);
});

test("refuses a rollback when the transaction is unknown", async () => {
  const unknown = firestore.call("Rollback", { database: DATABASE, transaction: Buffer.from("unknown") });
  await expect(unknown).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
});

test("frees all locks when a rollback overtakes a waiting read", async () => {
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

test("refuses a whole BatchWrite when one document occurs twice", async () => {
  const update = { name: newName() };
  const twice = firestore.call("BatchWrite", { database: DATABASE, writes: [{ update }, { update }] });
  await expect(twice).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
});
