import type { DocumentReference, Transaction } from "@google-cloud/firestore";
import { expect, test } from "@jest/globals";
import { hostUnderTest, SLOW_MS, testFirestore } from "./test-client.ts";
import { barrier, outcomes } from "./test-race.ts";

const firestore = testFirestore();

const ALREADY_EXISTS = 6;
const ABORTED = 10;
const once = { maxAttempts: 1 };

async function addOne(transaction: Transaction, reference: DocumentReference): Promise<void> {
  const snapshot = await transaction.get(reference);
  transaction.set(reference, { count: (snapshot.get("count") ?? 0) + 1 });
}

test(
  "counts every one of 20 concurrent read-modify-writes, without one abort",
  async () => {
    const reference = firestore.collection().doc();
    let runs = 0;
    const startedMs = performance.now();
    await Promise.all(
      Array.from({ length: 20 }, () =>
        firestore.db.runTransaction(transaction => {
          runs++;
          return addOne(transaction, reference);
        }),
      ),
    );
    expect((await reference.get()).get("count")).toBe(20);
    if (hostUnderTest) return;
    // An aborted one costs the client a second of waiting: that is what the read queue is for.
    expect(runs).toBe(20);
    expect(performance.now() - startedMs).toBeLessThan(2000);
  },
  SLOW_MS,
);

test(
  "lets exactly one of two transactions that read the same document commit its write, and the other one retry",
  async () => {
    const reference = firestore.collection().doc();
    const bothHaveRead = barrier(2);
    const attempt = (options: object) =>
      firestore.db.runTransaction(async transaction => {
        const count = (await transaction.get(reference)).get("count") ?? 0;
        await bothHaveRead();
        transaction.set(reference, { count: count + 1 });
      }, options);
    const codes = await outcomes([attempt(once), attempt(once)]);
    expect(codes.sort()).toEqual([ABORTED, "committed"]);
    expect((await reference.get()).get("count")).toBe(1);

    await Promise.all([attempt({}), attempt({})]);
    expect((await reference.get()).get("count")).toBe(3);
  },
  SLOW_MS,
);

test(
  "has one winner when 10 racers create the same marker",
  async () => {
    const marker = firestore.collection().doc();
    const create = (winner: number) =>
      firestore.db.runTransaction(async transaction => {
        if ((await transaction.get(marker)).exists) return false;
        transaction.create(marker, { winner });
        return true;
      });
    const won = await Promise.all(Array.from({ length: 10 }, (_, index) => create(index)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await marker.get()).get("winner")).toBe(won.indexOf(true));

    const blind = firestore.collection().doc();
    const codes = await outcomes(Array.from({ length: 10 }, () => blind.create({})));
    expect(codes.filter(code => code === "committed")).toHaveLength(1);
    expect(codes.filter(code => code === ALREADY_EXISTS)).toHaveLength(9);
  },
  SLOW_MS,
);

test(
  "keeps two transactions that each read both documents from writing one each",
  async () => {
    const collection = firestore.collection();
    const doctors = [collection.doc("a"), collection.doc("b")] as const;
    await Promise.all(doctors.map(doctor => doctor.set({ onCall: true })));
    const bothHaveRead = barrier(2);
    const leave = (doctor: DocumentReference) =>
      firestore.db.runTransaction(async transaction => {
        const all = await transaction.getAll(...doctors);
        await bothHaveRead();
        if (all.filter(one => one.get("onCall")).length > 1) transaction.update(doctor, { onCall: false });
      });
    await Promise.all(doctors.map(leave));
    const left = await collection.where("onCall", "==", true).get();
    expect(left.size).toBe(1);
  },
  SLOW_MS,
);

test(
  "keeps two transactions that saw an empty query result from both inserting into it",
  async () => {
    const seats = firestore.collection();
    const bothHaveRead = barrier(2);
    const book = (guest: string) =>
      firestore.db.runTransaction(async transaction => {
        const taken = await transaction.get(seats.where("seat", "==", 7).limit(1));
        await bothHaveRead();
        if (taken.empty) transaction.create(seats.doc(guest), { seat: 7 });
      });
    await Promise.all([book("ann"), book("bob")]);
    expect((await seats.get()).size).toBe(1);
  },
  SLOW_MS,
);

test(
  "keeps a count in a transaction true until its commit",
  async () => {
    const seats = firestore.collection();
    const bothHaveRead = barrier(2);
    const book = (guest: string) =>
      firestore.db.runTransaction(async transaction => {
        const taken = (await transaction.get(seats.where("seat", ">", 0).count())).data().count;
        await bothHaveRead();
        if (taken === 0) transaction.create(seats.doc(guest), { seat: 7 });
      });
    await Promise.all([book("ann"), book("bob")]);
    expect((await seats.get()).size).toBe(1);
  },
  SLOW_MS,
);

test(
  "resolves two transactions that read each other's document by aborting one, whose retry succeeds",
  async () => {
    const collection = firestore.collection();
    const [left, right] = [collection.doc("left"), collection.doc("right")];
    const bothHaveRead = barrier(2);
    const attempts = { left: 0, right: 0 };
    const cross = (own: DocumentReference, other: DocumentReference) =>
      firestore.db.runTransaction(async transaction => {
        attempts[own.id as "left" | "right"]++;
        const count = (await transaction.get(own)).get("count") ?? 0;
        await bothHaveRead();
        await transaction.get(other);
        transaction.set(other, { count: count + 1 });
      });
    await Promise.all([cross(left, right), cross(right, left)]);
    // One ran wholly after the other: it read what the other one wrote.
    const counts = (await firestore.db.getAll(left, right)).map(snapshot => snapshot.get("count"));
    expect(counts.sort()).toEqual([1, 2]);
    expect(attempts.left + attempts.right).toBe(3);
  },
  SLOW_MS,
);
