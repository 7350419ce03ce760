import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FieldValue, Firestore, GeoPoint, Timestamp } from "@google-cloud/firestore";
import { afterAll, expect, jest, test } from "@jest/globals";
import type { Storage } from "../storage.ts";
import { openStorage } from "../storage.ts";
import { startFirestore } from "./firestore.ts";
import { openDocuments } from "./store/document-storage.ts";
import { DocumentStore } from "./store/document-store.ts";

process.env["METADATA_SERVER_DETECTION"] = "none";

const folder = mkdtempSync(join(tmpdir(), "pulsecart-firestore-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Running {
  db: Firestore;
  /** A client of another project on the same server. */
  second: Firestore;
  storage: Storage;
  count(): number;
}

const connect = (host: string, projectId = "demo-x") => new Firestore({ projectId, host, ssl: false });

/** Runs a function with a server on a folder, and clients. */
async function during<Result>(
  at: string,
  run: (on: Running) => Promise<Result>,
  now = Date.now,
): Promise<Result> {
  const storage = openStorage(join(folder, at));
  const server = await startFirestore({ now, storage });
  const [db, second] = [connect(server.host), connect(server.host, "demo-y")];
  try {
    return await run({ db, second, storage, count: server.documentCount });
  } finally {
    await Promise.all([db.terminate(), second.terminate()]);
    server.close();
    storage.close();
  }
}

const everything = (db: Firestore) => ({
  none: null,
  yes: true,
  numbers: [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER],
  text: ["", "a\0b", "\u{1F600}"],
  time: new Timestamp(1_700_000_000, 123_456_000),
  long_ago: new Timestamp(-62_135_596_800, 0),
  bytes: [Buffer.from([]), Buffer.from([0, 255])],
  reference: db.doc("a/b/c/d"),
  place: new GeoPoint(-0.5, 180),
  vector: FieldValue.vector([1, -2.5]),
  map: { empty: {}, list: [], deep: { "a.b": [{ c: {} }] } },
});

test("keeps every document with its values and times after a restart", async () => {
  const { all, changed } = await during("values", async ({ db, second }) => {
    await db.doc("things/all").create(everything(db));
    await db.doc("things/changed").set({ count: 1 });
    await db.doc("things/changed").update({ count: FieldValue.increment(2) });
    await db.doc("things/gone").set({});
    await db.doc("things/gone").delete();
    await second.doc("things/all").set({ other: true });
    return { all: await db.doc("things/all").get(), changed: await db.doc("things/changed").get() };
  });
  await during("values", async ({ db, second, count }) => {
    expect(count()).toBe(3);
    expect((await db.doc("things/gone").get()).exists).toBe(false);
    expect((await second.doc("things/all").get()).data()).toEqual({ other: true });
    const restored = await db.doc("things/all").get();
    // The reference belongs to the first client: all other values, -0 included, have to be the same.
    expect(JSON.stringify(restored.get("reference").path)).toBe('"a/b/c/d"');
    expect({ ...restored.data(), reference: 0 }).toEqual({ ...all.data(), reference: 0 });
    expect(restored.createTime).toEqual(all.createTime);
    const {
      ref,
      updateTime = Timestamp.now(),
      createTime = updateTime,
    } = await db.doc("things/changed").get();
    expect([createTime, updateTime]).toEqual([changed.createTime, changed.updateTime]);
    await expect(ref.update({ count: 0 }, { lastUpdateTime: createTime })).rejects.toThrow(/base version/);
    await ref.update({ count: 0 }, { lastUpdateTime: updateTime });
  });
});

test("continues with later times although the clock went back, without history", async () => {
  const first = await during("times", ({ db }) => db.doc("a/b").set({}));
  await during(
    "times",
    async ({ db }) => {
      const { writeTime } = await db.doc("a/b").set({ again: true });
      expect(writeTime.valueOf() > first.writeTime.valueOf()).toBe(true);
    },
    () => 0,
  );
  const storage = openStorage(join(folder, "times"));
  const store = new DocumentStore(openDocuments(storage), "projects/demo-x/databases/(default)", () => 0);
  expect(() => store.at(store.readMicros() - 1)).toThrow(/too old/);
  expect(store.at(store.readMicros()).get({ collection: "a", id: "b" })?.fields).toHaveProperty("again");
  storage.close();
});

test("uses the indexes of an earlier run", async () => {
  const ids = ["1", "2", "3"];
  const query = (db: Firestore) => db.collection("large").where("third", "==", 1).limit(3);
  const idsOf = async (db: Firestore) => (await query(db).get()).docs.map(({ id }) => id.replace(/^0+/, ""));
  await during("indexes", async ({ db }) => {
    const batch = db.batch();
    for (let id = 0; id < 200; id++)
      batch.set(db.doc(`large/${String(id).padStart(3, "0")}`), { third: id % 3 });
    await batch.commit();
    expect(await idsOf(db)).toEqual(["1", "4", "7"]);
  });
  await during("indexes", async ({ db, storage }) => {
    await db
      .batch()
      .update(db.doc("large/002"), { third: 1 })
      .update(db.doc("large/003"), { third: 1 })
      .commit();
    expect(await idsOf(db)).toEqual(ids);
    const row = storage.db.prepare("SELECT count(*) AS count FROM firestore_indexes").get();
    expect(row?.["count"]).toBe(1);
  });
});

test("keeps every confirmed commit after a kill, each whole", async () => {
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", COMMITTING], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { ...process.env, FOLDER: join(folder, "killed") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let confirmed: string[] = [];
  let printed = "";
  child.stdout.on("data", chunk => {
    printed += chunk;
    confirmed = printed.split("\n").slice(0, -1);
    if (confirmed.length > 200) child.kill("SIGKILL");
  });
  await once(child, "close");
  expect(confirmed.length).toBeGreaterThan(200);

  await during("killed", async ({ db }) => {
    const idsIn = async (path: string) => (await db.collection(path).get()).docs.map(({ id }) => id);
    const ones = await idsIn("ones");
    expect(await idsIn("twos")).toEqual(ones);
    expect(confirmed.filter(number => !ones.includes(number))).toEqual([]);
    const changed = (await db.doc("counters/one").get()).get("count");
    expect([changed, (await db.doc("counters/two").get()).get("count")]).toEqual([ones.length, ones.length]);
  });
});

/** Script of a process with a server and its client, which prints the number of every confirmed commit. */
const COMMITTING = `
  import { writeSync } from "node:fs";
  import { FieldValue, Firestore } from "@google-cloud/firestore";
  import { openStorage } from "../storage.ts";
  import { startFirestore } from "./firestore.ts";
  const { host } = await startFirestore({ now: Date.now, storage: openStorage(process.env.FOLDER) });
  const db = new Firestore({ projectId: "demo-x", host, ssl: false });
  const count = FieldValue.increment(1);
  let next = 0;
  for (let writer = 0; writer < 10; writer++) void write();
  async function write() {
    for (;;) {
      const number = next++;
      const batch = db.batch().create(db.doc("ones/" + number), { number }).create(db.doc("twos/" + number), {});
      for (const id of ["one", "two"]) batch.set(db.doc("counters/" + id), { count }, { merge: true });
      await batch.commit();
      writeSync(1, number + "\\n");
    }
  }`;

test("refuses a whole commit when the disk is full, and recovers", async () => {
  await during("full", async ({ db, storage, count }) => {
    await db.doc("a/kept").set({ text: "kept" });
    const limitPages = (to: string) => storage.db.exec(`PRAGMA max_page_count = ${to}`);
    limitPages("1");
    const printed = jest.spyOn(console, "error").mockImplementation(() => undefined);
    const batch = db
      .batch()
      .delete(db.doc("a/kept"))
      .set(db.doc("new/large"), { text: "x".repeat(100_000) });
    await expect(batch.commit()).rejects.toMatchObject({ code: 13, details: /full/ });
    // The operator has to see the reason.
    expect(printed.mock.calls.join()).toMatch(/full/);
    printed.mockRestore();
    expect(count()).toBe(1);
    expect((await db.listCollections()).map(({ id }) => id)).toEqual(["a"]);
    expect((await db.doc("a/kept").get()).data()).toEqual({ text: "kept" });
    limitPages("1000000");
    await db.doc("new/large").set({ text: "x".repeat(100_000) });
    expect(count()).toBe(2);
  });
});
