import { Firestore } from "@google-cloud/firestore";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { collection, firestore } from "../../shared/google/firestore.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import { ledger } from "../../shared/pipeline/records/ledger.ts";
import { DAY_MS } from "../../shared/values/durations.ts";
import { anEvent } from "../test/an-event.ts";
import type { World } from "../test/worlds/world.ts";
import { onGoogle, startWorld } from "../test/worlds/world.ts";
import { hostFunction, loadFunctions } from "./load-functions.ts";

/** A collection that the list of indexes lacks, as a new reaction declares it. */
const orderPoints = collection<{ user_id: string; points: number; tags: string[] }>("order_points");

const declarePoints = () =>
  reaction("points", {
    "order.placed": async ({ order_id, user_id }, work) => {
      work.create(orderPoints, order_id, { user_id: user_id ?? "", points: 1, tags: ["order"] });
    },
  });

const FAILED_PRECONDITION = 9;
const refused = { code: FAILED_PRECONDITION, message: expect.stringContaining("requires an index") };

if (onGoogle) console.warn("Refusals of queries are not tested: Google's emulator demands no index.");

let world: World;
const others: Firestore[] = [];
beforeAll(async () => {
  world = await startWorld(async () => [
    ...(await loadFunctions(["http/ingest.ts"])),
    hostFunction(declarePoints()),
  ]);
  const [host = "", port = ""] = world.status().firestore.split(":");
  for (const other of [{ projectId: "demo-other" }, { projectId: "demo-pulsecart", databaseId: "other" }]) {
    others.push(new Firestore({ ...other, host: `${host}:${port}`, ssl: false }));
  }
  for (const order of ["ord_1", "ord_2"]) {
    const event = anEvent("order.placed", { user_id: "usr_1", order_id: order });
    expect((await world.send("POST", "/events/ingest", event)).status).toBe(202);
  }
  await world.settle();
});
afterAll(async () => {
  await Promise.all(others.map(each => each.terminate()));
  await world.close();
});

const found = () => firestore().collection(orderPoints.name);

describe("new collection", () => {
  test("is found by a field of a new reaction's documents", async () => {
    const { docs } = await found().where("user_id", "==", "usr_1").get();
    expect(docs.map(({ id }) => id)).toEqual(["ord_1", "ord_2"]);
  });

  test("is found by ranges, orders, lists, several equal fields and sums", async () => {
    const ofUser = found().where("user_id", "==", "usr_1");
    const sizes = await Promise.all([
      found().where("points", ">", 0).get(),
      found().orderBy("user_id", "desc").get(),
      found().where("tags", "array-contains", "order").get(),
      ofUser.where("points", "in", [1, 2]).get(),
    ]);
    expect(sizes.map(({ size }) => size)).toEqual([2, 2, 2, 2]);
    expect((await ofUser.count().get()).data().count).toBe(2);
  });

  (onGoogle ? test.skip : test)("needs a composite index for an order beside a field", async () => {
    const query = found().where("user_id", "==", "usr_1").orderBy("points");
    await expect(query.get()).rejects.toMatchObject(refused);
  });
});

(onGoogle ? describe.skip : describe)("the list of indexes", () => {
  test("refuses a query of an exempt collection", async () => {
    await expect(firestore().collection(ledger.name).where("n", "==", 1).get()).rejects.toMatchObject(
      refused,
    );
  });

  test("refuses a listener without an index", async () => {
    const ended = new Promise((_resolve, reject) => {
      firestore()
        .collection(ledger.name)
        .where("n", "==", 1)
        .onSnapshot(() => undefined, reject);
    });
    await expect(ended).rejects.toThrow("Error 9: The query requires an index: ledger(n)");
  });

  test("applies to no other project or database", async () => {
    for (const other of others) {
      const entries = other.collection(ledger.name);
      await entries.doc("a").set({ n: 1, m: 2, expires_at: new Date(0) });
      expect((await entries.where("n", "==", 1).orderBy("m").get()).size).toBe(1);
    }
  });

  test("deletes expired documents of no other project or database", async () => {
    const databases = [firestore(), ...others];
    await Promise.all(databases.map(each => each.doc("ledger/old").set({ expires_at: new Date(0) })));
    await world.advance(DAY_MS);
    const kept = await Promise.all(databases.map(each => each.doc("ledger/old").get()));
    expect(kept.map(({ exists }) => exists)).toEqual([false, true, true]);
  });
});
