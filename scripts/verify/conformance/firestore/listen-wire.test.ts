import { expect, test } from "@jest/globals";
import type { ListenResponse } from "../../../local-cloud/firestore/documents/messages.ts";
import { DATABASE } from "../../../local-cloud/test/firestore-client.ts";
import { firestoreUnderTest } from "./test-target.ts";

const firestore = firestoreUnderTest();

const parent = `${DATABASE}/documents`;
const queryOf = (collectionId: string) => ({ parent, structuredQuery: { from: [{ collectionId }] } });

/** Describes an answer in short: "ADD 3", "change 3", "NO_CHANGE". */
function summary({ targetChange, documentChange, documentDelete, documentRemove }: ListenResponse): string {
  if (targetChange) {
    return `${targetChange.targetChangeType ?? "NO_CHANGE"} ${targetChange.targetIds ?? []}`.trim();
  }
  if (documentChange) return `change ${documentChange.targetIds}`;
  return documentDelete
    ? `delete ${documentDelete.removedTargetIds}`
    : `remove ${documentRemove?.removedTargetIds}`;
}

test("serves several listen targets, each until its removal", async () => {
  const collection = firestore.collection();
  const { send, until, close } = firestore.listen();
  const next = async (type = "NO_CHANGE") => (await until(type)).map(summary);
  const names = [`${parent}/${collection.path}/a`, `${parent}/${collection.path}/a`];

  send({ addTarget: { targetId: 3, query: queryOf(collection.id) } });
  expect(await next()).toEqual(["ADD 3", "CURRENT 3", "NO_CHANGE"]);
  send({ addTarget: { targetId: 7, documents: { documents: names } } });
  expect(await next()).toEqual(["ADD 7", "delete 7", "CURRENT 7", "NO_CHANGE"]);
  await collection.doc("a").set({});
  // Google's emulator restarts the query at each change.
  const changes = await next();
  expect(changes.filter(line => line.startsWith("change")).sort()).toEqual(["change 3", "change 7"]);
  expect(changes.at(-1)).toBe("NO_CHANGE");
  send({ removeTarget: 3 });
  expect(await next("REMOVE")).toEqual(["REMOVE 3"]);
  await collection.doc("a").delete();
  expect(await next()).toEqual(["delete 7", "NO_CHANGE"]);
  close();
});

test("sends only later changes when a listen target has a resume token", async () => {
  const collection = firestore.collection();
  await Promise.all(["kept", "changed", "deleted"].map(id => collection.doc(id).set({ version: 1 })));
  const query = queryOf(collection.id);
  const first = firestore.listen();
  first.send({ addTarget: { targetId: 1, query } });
  const resumeToken = (await first.until("NO_CHANGE")).at(-1)?.targetChange?.resumeToken ?? Buffer.alloc(0);
  first.close();
  await collection.doc("changed").set({ version: 2 });
  await collection.doc("deleted").delete();

  const second = firestore.listen();
  second.send({ addTarget: { targetId: 1, query, resumeToken } });
  const since = await second.until("NO_CHANGE");
  expect(since.map(summary)).toEqual(["ADD 1", "change 1", "delete 1", "CURRENT 1", "NO_CHANGE"]);
  expect(since[1]?.documentChange?.document.name).toBe(`${parent}/${collection.path}/changed`);

  second.send({ addTarget: { targetId: 2, query, resumeToken: Buffer.from("of another run") } });
  const anew = await second.until("NO_CHANGE");
  expect(anew.map(summary)).toEqual(["ADD 2", "RESET 2", "change 2", "change 2", "CURRENT 2", "NO_CHANGE"]);
  second.close();
});

test("removes only the invalid listen target, with the cause", async () => {
  const { send, until, close } = firestore.listen();
  send({ addTarget: { targetId: 1, query: queryOf("there") } });
  await until("NO_CHANGE");
  const structuredQuery = { from: [{ collectionId: "there" }], limit: { value: -1 } };
  send({ addTarget: { targetId: 2, query: { parent, structuredQuery } } });
  const [removal] = await until("REMOVE");
  const cause = { code: 3, message: "limit is negative" };
  expect(removal?.targetChange).toMatchObject({ targetIds: [2], cause });
  await firestore.db.doc("there/one").set({});
  expect((await until("NO_CHANGE")).map(summary)).toEqual(["change 1", "NO_CHANGE"]);
  send({ addTarget: { targetId: 5, query: queryOf("there"), once: true } });
  expect((await until("REMOVE")).map(summary).at(-1)).toBe("REMOVE 5");
  close();
});
