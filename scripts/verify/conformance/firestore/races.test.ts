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

/** Two transactions, one attempt each by itself, that both read a new counter before either writes; what became of them and it. */
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

/** The client waits a second before it tries again: what is raced for here is the outcome, so this one does not. */
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
  "20 racing read-modify-writes of one document end at 20, within the client's own attempts",
  async () => {
    for (const _ of rounds(10, 1)) {
      const reference = firestore.collection().doc();
      await Promise.all(
        times(20, () => firestore.db.runTransaction(transaction => addOne(transaction, reference))),
      );
      expect((await reference.get()).get("count")).toBe(20);
    }
  },
  SLOW_MS,
);

test(
  "50 racing increments without a transaction end at 50",
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
  "the same marker created by 10 racing transactions has one winner",
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
  "the same marker created by 10 racers without a transaction has one winner, the others are told ALREADY_EXISTS",
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
  "of two transactions that read the same document at most one commits, and who does not is told ABORTED",
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

const isSure = onlyEmbedded("it tells both of two that contend to try again, now and then");
isSure("of two transactions that read the same document one commits at its first attempt", async () => {
  for (const _ of rounds(10)) {
    expect((await countedByTwo()).codes.sort()).toEqual([ABORTED, "committed"]);
  }
});

test(
  "the transaction that lost tries again and commits on top of the one that won",
  async () => {
    expect(await countedByTwo({})).toEqual({ codes: ["committed", "committed"], count: 2 });
  },
  SLOW_MS,
);

test(
  "no write skew: two transactions that each read both documents do not write one each",
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

/** Two guests who each insert what the other one's query would have found; how many seats they got together. */
async function bookAtOnce(isFree: (transaction: Transaction, seats: Query) => Promise<boolean>) {
  const seats = firestore.collection();
  const bothHaveRead = barrier(2);
  const book = (guest: string) =>
    transact(async transaction => {
      const free = await isFree(transaction, seats);
      await bothHaveRead();
      if (free) transaction.create(seats.doc(guest), { seat: 7 });
    });
  await Promise.all([book("ann"), book("bob")]);
  return (await seats.get()).size;
}

test(
  "no phantoms: two transactions that saw an empty query result do not both insert into it",
  async () => {
    for (const _ of rounds(10, 1)) {
      const booked = bookAtOnce(
        async (transaction, seats) => (await transaction.get(seats.where("seat", "==", 7).limit(1))).empty,
      );
      expect(await booked).toBe(1);
    }
  },
  SLOW_MS,
);

test(
  "no phantoms: a count inside a transaction is still true at its commit",
  async () => {
    for (const _ of rounds(10, 1)) {
      const booked = bookAtOnce(async (transaction, seats) => {
        const taken = await transaction.get(seats.where("seat", ">", 0).count());
        return taken.data().count === 0;
      });
      expect(await booked).toBe(1);
    }
  },
  SLOW_MS,
);

test(
  "no phantoms: an insert from outside that matches a transaction's query waits for the transaction",
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
        // Another connection's answer: the insert has had the time to arrive.
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
  "two transactions that read each other's document do not deadlock: one is aborted and its retry commits",
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
    // One ran wholly after the other: it read what the other one wrote.
    const counts = (await firestore.db.getAll(left, right)).map(snapshot => snapshot.get("count"));
    expect(counts.sort()).toEqual([1, 2]);
  },
  SLOW_MS,
);

test(
  "the sum of accounts stays the same under random concurrent transfers, for every reader",
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
