import { randomUUID } from "node:crypto";
import { status } from "@grpc/grpc-js";
import { expect, test } from "@jest/globals";
import { loadService } from "../grpc.ts";
import { DATABASE, hostUnderTest, testFirestore } from "./test-client.ts";

const firestore = testFirestore();
const testHere: typeof test | (() => void) = hostUnderTest ? () => {} : test;

const newName = () => `${DATABASE}/documents/protocol/${randomUUID()}`;
const write = (name: string, transaction?: unknown) =>
  firestore.call("Commit", { database: DATABASE, transaction, writes: [{ update: { name } }] });
const begin = async (options = {}) =>
  (await firestore.call("BeginTransaction", { database: DATABASE, options }))[0]?.["transaction"];
const read = (name: string, transaction: unknown) =>
  firestore.call("BatchGetDocuments", { database: DATABASE, documents: [name], transaction });

testHere("answers UNIMPLEMENTED to what it does not do, and to nothing else", async () => {
  const refusals = Object.keys(loadService("firestore")).map(async method => {
    const code = await firestore.call(method, {}).then(
      () => status.OK,
      (error: { code: status }) => error.code,
    );
    return code === status.UNIMPLEMENTED ? [method] : [];
  });
  const unimplemented = (await Promise.all(refusals)).flat();
  // No official client but the browser's writes through a stream; pipelines are a query language of their own.
  expect(unimplemented.sort()).toEqual(["ExecutePipeline", "Write"]);
});

testHere("divides a collection group into parts that hold each document once", async () => {
  const group = `g${randomUUID()}`;
  const batch = firestore.db.batch();
  for (let index = 0; index < 10; index++) batch.set(firestore.db.doc(`p/${index}/${group}/${index}`), {});
  await batch.commit();
  const partsOf = async (count: number) => {
    const sizes: number[] = [];
    for await (const part of firestore.db.collectionGroup(group).getPartitions(count)) {
      sizes.push((await part.toQuery().get()).size);
    }
    return sizes;
  };
  expect(await partsOf(1)).toEqual([10]);
  expect(await partsOf(4)).toEqual([2, 3, 2, 3]);
  expect(await partsOf(99)).toEqual(Array.from({ length: 10 }, () => 1));
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
