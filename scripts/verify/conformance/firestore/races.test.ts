import type { DocumentReference, Query, Transaction } from "@google-cloud/firestore";
import { FieldValue } from "@google-cloud/firestore";
import { expect, test } from "@jest/globals";
import { barrier, outcomes } from "../../../local-cloud/test/firestore-race.ts";
import { onlyEmbedded, rounds, SLOW_MS } from "../target.ts";
import { firestoreUnderTest } from "./test-target.ts";

const firestore = firestoreUnderTest();

const ALREADY_EXISTS = 6;
const ABORTED = 10;
const once = { maxAttempts: 1 };
const times = <T>(count: number, run: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => run(index));

async function addOne(transaction: Transaction, reference: DocumentReference): Promise<void> {
  const snapshot = await transaction.get(reference);
  transaction.set(reference, { count: (snapshot.get("count") ?? 0) + 1 });
}

/**
 * Runs two transactions that both read a new counter before either one writes. Each has one attempt by default.
 * @returns the result of each transaction and the final count
 */
async function countedByTwo({ maxAttempts }: { maxAttempts?: number } = once) {
  const reference = firestore.collection().doc();
  const bothHaveRead = barrier(2);
  const attempt = () =>
    firestore.db.runTransaction(
      async transaction => {
        const count = (await transaction.get(reference)).get("count") ?? 0;
        await bothHaveRead();
        transaction.set(reference, { count: count + 1 });
      },
      maxAttempts === undefined ? {} : { maxAttempts },
    );
  const codes = await outcomes([attempt(), attempt()]);
  return { codes, count: (await reference.get()).get("count") };
}

/** Runs a transaction with immediate retries. The client's own retries wait for a second. */
async function transact<T>(run: (transaction: Transaction) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await firestore.db.runTransaction(run, once);
    } catch (error) {
      if (!(error instanceof Object && "code" in error && error.code === ABORTED)) throw error;
    }
  }
}

test(
  "counts to 20 when 20 transactions increment one document",
  async () => {
    for (const _ of rounds(10, 1)) {
      const reference = firestore.collection().doc();
      // Google's emulator lets the locks of twenty transactions time out, so two race at a time there.
      const waves = rounds(1, 10);
      for (const _wave of waves) {
        const racers = times(20 / waves.length, () =>
          firestore.db.runTransaction(transaction => addOne(transaction, reference)),
        );
        await Promise.all(racers);
      }
      expect((await reference.get()).get("count")).toBe(20);
    }
  },
  SLOW_MS,
);

test(
  "counts to 50 when 50 blind increments race",
  async () => {
    for (const _ of rounds(5, 2)) {
      const reference = firestore.collection().doc();
      const increment = () =>
        reference.set(
          { count: FieldValue.increment(1), deep: { count: FieldValue.increment(2) } },
          { merge: true },
        );
      await Promise.all(times(50, increment));
      expect((await reference.get()).data()).toEqual({ count: 50, deep: { count: 100 } });
    }
  },
  SLOW_MS,
);

test(
  "commits one of 10 racing transactions that create one document",
  async () => {
    for (const _ of rounds(50, 2)) {
      const marker = firestore.collection().doc();
      const create = (winner: number) =>
        firestore.db.runTransaction(async transaction => {
          if ((await transaction.get(marker)).exists) return false;
          transaction.create(marker, { winner });
          return true;
        });
      const won = await Promise.all(times(10, create));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await marker.get()).get("winner")).toBe(won.indexOf(true));
    }
  },
  SLOW_MS,
);

test(
  "answers ALREADY_EXISTS to 9 of 10 racing creates of one document",
  async () => {
    for (const _ of rounds(50, 20)) {
      const marker = firestore.collection().doc();
      const codes = await outcomes(times(10, () => marker.create({})));
      expect(codes.filter(code => code === "committed")).toHaveLength(1);
      expect(codes.filter(code => code === ALREADY_EXISTS)).toHaveLength(9);
    }
  },
  SLOW_MS,
);

test(
  "aborts at least one of two transactions that read one document",
  async () => {
    for (const _ of rounds(10, 2)) {
      const { codes, count } = await countedByTwo();
      const committed = codes.filter(code => code === "committed").length;
      expect(codes.filter(code => code !== "committed")).toEqual(Array(2 - committed).fill(ABORTED));
      expect(committed).toBeLessThanOrEqual(1);
      expect(count).toBe(committed === 0 ? undefined : 1);
    }
  },
  SLOW_MS,
);

const testEmbedded = onlyEmbedded("the emulator sometimes aborts both of two contending transactions");
testEmbedded("commits one of two contending transactions at its first attempt", async () => {
  for (const _ of rounds(10)) {
    expect((await countedByTwo()).codes.sort()).toEqual([ABORTED, "committed"]);
  }
});

test(
  "commits the aborted transaction on top when the client retries",
  async () => {
    expect(await countedByTwo({})).toEqual({ codes: ["committed", "committed"], count: 2 });
  },
  SLOW_MS,
);

test(
  "prevents write skew between transactions that read the same two documents",
  async () => {
    for (const _ of rounds(10, 1)) {
      const collection = firestore.collection();
      const doctors = [collection.doc("a"), collection.doc("b")] as const;
      await Promise.all(doctors.map(doctor => doctor.set({ onCall: true })));
      const bothHaveRead = barrier(2);
      const leave = (doctor: DocumentReference) =>
        transact(async transaction => {
          const all = await transaction.getAll(...doctors);
          await bothHaveRead();
          if (all.filter(one => one.get("onCall")).length > 1) transaction.update(doctor, { onCall: false });
        });
      await Promise.all(doctors.map(leave));
      expect((await collection.where("onCall", "==", true).get()).size).toBe(1);
    }
  },
  SLOW_MS,
);

/**
 * Runs two transactions that each insert a document matching the other's query.
 * @returns the number of inserted documents
 */
async function reserveAtOnce(isFree: (transaction: Transaction, seats: Query) => Promise<boolean>) {
  const seats = firestore.collection();
  const bothHaveRead = barrier(2);
  const reserve = (guest: string) =>
    transact(async transaction => {
      const free = await isFree(transaction, seats);
      await bothHaveRead();
      if (free) transaction.create(seats.doc(guest), { seat: 7 });
    });
  await Promise.all([reserve("ann"), reserve("bob")]);
  return (await seats.get()).size;
}

test(
  "prevents phantoms when two transactions insert after an empty query",
  async () => {
    for (const _ of rounds(10, 1)) {
      const reservations = reserveAtOnce(
        async (transaction, seats) => (await transaction.get(seats.where("seat", "==", 7).limit(1))).empty,
      );
      expect(await reservations).toBe(1);
    }
  },
  SLOW_MS,
);

test(
  "prevents phantoms when two transactions insert after a count",
  async () => {
    for (const _ of rounds(10, 1)) {
      const reservations = reserveAtOnce(async (transaction, seats) => {
        const reserved = await transaction.get(seats.where("seat", ">", 0).count());
        return reserved.data().count === 0;
      });
      expect(await reservations).toBe(1);
    }
  },
  SLOW_MS,
);

test(
  "delays an outside insert that matches an open transaction's query",
  async () => {
    for (const _ of rounds(10, 1)) {
      const seats = firestore.collection();
      const order: string[] = [];
      let outside: Promise<unknown> = Promise.resolve();
      await firestore.db.runTransaction(async transaction => {
        await transaction.get(seats.where("seat", "==", 7));
        outside = seats
          .doc("late")
          .create({ seat: 7 })
          .then(() => order.push("outside"));
        // A read over another connection gives the insert the time to arrive.
        await seats.doc("late").get();
        transaction.create(seats.doc("early"), { seat: 7 });
        order.push("inside");
      }, once);
      await outside;
      expect(order).toEqual(["inside", "outside"]);
      expect((await seats.get()).size).toBe(2);
    }
  },
  SLOW_MS,
);

test(
  "aborts one of two deadlocked transactions and commits its retry",
  async () => {
    const collection = firestore.collection();
    const [left, right] = [collection.doc("left"), collection.doc("right")];
    const bothHaveRead = barrier(2);
    const cross = (own: DocumentReference, other: DocumentReference) =>
      firestore.db.runTransaction(async transaction => {
        const count = (await transaction.get(own)).get("count") ?? 0;
        await bothHaveRead();
        await transaction.get(other);
        transaction.set(other, { count: count + 1 });
      });
    await Promise.all([cross(left, right), cross(right, left)]);
    // The second transaction has read the first one's write, so the counts differ.
    const counts = (await firestore.db.getAll(left, right)).map(snapshot => snapshot.get("count"));
    expect(counts.sort()).toEqual([1, 2]);
  },
  SLOW_MS,
);

test(
  "shows every reader an unchanged sum when transfers race",
  async () => {
    const accounts = times(4, index => firestore.collection().doc(String(index)));
    await Promise.all(accounts.map(account => account.set({ amount: 100 })));
    const sumOf = (snapshots: Array<{ get(field: string): number }>) =>
      snapshots.reduce((sum, snapshot) => sum + snapshot.get("amount"), 0);
    const transfer = (from: number, to: number) =>
      firestore.db.runTransaction(async transaction => {
        const pair = [accounts[from], accounts[to]].filter(account => account !== undefined);
        const [source, target] = await transaction.getAll(...pair);
        if (!source || !target) return;
        transaction.update(source.ref, { amount: source.get("amount") - 1 });
        transaction.update(target.ref, { amount: target.get("amount") + 1 });
      });
    const readAll = () =>
      firestore.db.runTransaction(transaction => transaction.getAll(...accounts), { readOnly: true });
    const steps = rounds(40, 4);
    const transfers = steps.map(index => transfer(index % 4, (index + 1 + (index % 3)) % 4));
    const readers = steps.map(async () => sumOf(await readAll()));
    await Promise.all(transfers);
    expect(new Set(await Promise.all(readers))).toEqual(new Set([400]));
    expect(sumOf(await firestore.db.getAll(...accounts))).toBe(400);
  },
  SLOW_MS,
);
