import type {
  DocumentData,
  DocumentReference,
  Query,
  QuerySnapshot,
  Transaction,
  WriteBatch,
} from "@google-cloud/firestore";
import { AggregateField, FieldValue, Firestore, Timestamp } from "@google-cloud/firestore";
import { config, databaseId } from "../config.ts";
import { FirestoreTooSlow } from "../errors.ts";

export type { Query, QuerySnapshot, Timestamp, Transaction, WriteBatch };
export type DocumentRef = DocumentReference<DocumentData>;

/** A named collection and the shape of its documents. */
export interface Collection<T> {
  readonly name: string;
  /** Never set: it only carries the type. */
  readonly shape?: T;
}

export function collection<T>(name: string): Collection<T> {
  return { name };
}

let client: Firestore | undefined;

/** The Firestore client of this instance, built on first use: a cold start that needs none does not pay for one. */
export function firestore(): Firestore {
  client ??= new Firestore({
    projectId: config().projectId,
    databaseId: databaseId(),
    ignoreUndefinedProperties: true,
  });
  return client;
}

/**
 * How long anybody waits for Firestore. The client by itself tries for minutes, long past the acknowledgement
 * deadline of a push and the patience of a caller; a transaction that meets others may take some eight seconds.
 */
const TRANSACTION_DEADLINE_MS = 15_000;
const READ_DEADLINE_MS = 5_000;

/**
 * Runs `body` in a transaction, and again whenever it met another one or Firestore was in trouble: it must not
 * touch anything else. Without a read the commit is a plain atomic batch, one round trip.
 * @throws FirestoreTooSlow after 15 s; the commit may still go through
 */
export function inTransaction<R>(body: (transaction: Transaction) => Promise<R>): Promise<R> {
  return inTime(firestore().runTransaction(body), TRANSACTION_DEADLINE_MS);
}

/**
 * Commits some writes, all of them or none, in one round trip.
 * @throws FirestoreTooSlow after 15 s; the commit may still go through
 */
export async function inBatch(write: (batch: WriteBatch) => void): Promise<void> {
  const batch = firestore().batch();
  write(batch);
  await inTime(batch.commit(), TRANSACTION_DEADLINE_MS);
}

/** What somebody asked and may no longer be waiting for: the client goes on trying. */
const underWay = new Set<Promise<unknown>>();

async function inTime<R>(answer: Promise<R>, deadlineMs: number): Promise<R> {
  underWay.add(answer);
  const ended = (): boolean => underWay.delete(answer);
  answer.then(ended, ended);
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    const late = () => reject(new FirestoreTooSlow(`Firestore did not answer within ${deadlineMs / 1000} s`));
    timer = setTimeout(late, deadlineMs);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

export function documentRef<T>(collection: Collection<T>, id: string): DocumentRef {
  return firestore().collection(collection.name).doc(id);
}

/**
 * Reads one document outside any transaction; undefined when there is none.
 * @throws FirestoreTooSlow after 5 s
 */
export async function readDocument<T>(from: Collection<T>, id: string): Promise<T | undefined> {
  const snapshot = await inTime(documentRef(from, id).get(), READ_DEADLINE_MS);
  return snapshot.data() as T | undefined;
}

/**
 * Reads several documents in one round trip, in the order asked; undefined where there is none.
 * @throws FirestoreTooSlow after 5 s
 */
export async function readDocuments<T>(
  from: Collection<T>,
  ids: readonly string[],
): Promise<(T | undefined)[]> {
  if (ids.length === 0) return [];
  const refs = ids.map(id => documentRef(from, id));
  const snapshots = await inTime(firestore().getAll(...refs), READ_DEADLINE_MS);
  return snapshots.map(snapshot => snapshot.data() as T | undefined);
}

/** Where a page of a list begins: behind this document, newest first. */
export interface PageStart {
  ms: number;
  id: string;
}

/**
 * Some documents with these values, newest first by a field that holds milliseconds, and whether there are more.
 * It needs an index over the fields and the time.
 * @throws FirestoreTooSlow after 5 s
 */
export async function readNewest<T extends object>(
  from: Collection<T>,
  page: { where: Partial<T>; newestBy: keyof T & string; limit: number; after?: PageStart | undefined },
): Promise<{ id: string; document: T }[]> {
  const { where, newestBy, limit, after } = page;
  let query: Query = firestore().collection(from.name);
  for (const [field, value] of Object.entries(where)) query = query.where(field, "==", value);
  query = query.orderBy(newestBy, "desc").orderBy("__name__", "desc").limit(limit);
  if (after) query = query.startAfter(after.ms, after.id);
  const found = await inTime(query.get(), READ_DEADLINE_MS);
  return found.docs.map(document => ({ id: document.id, document: document.data() as T }));
}

/** How many documents a query finds and what a number in them adds up to, without reading them. */
export async function countAndSum(query: Query, field: string): Promise<{ count: number; sum: number }> {
  const asked = query.aggregate({ count: AggregateField.count(), sum: AggregateField.sum(field) });
  const { count, sum } = (await asked.get()).data();
  return { count, sum };
}

/** A point in time as Firestore keeps it: what a TTL policy looks at. */
export function timestamp(ms: number): Timestamp {
  return Timestamp.fromMillis(ms);
}

/** In a write, stands for the time at which Firestore itself handles its commit, in whole milliseconds. */
export function serverTime(): Timestamp {
  return FieldValue.serverTimestamp() as unknown as Timestamp;
}

/** A write that adds to a number without reading it: many may do so at once. */
export function increment(by: number): FieldValue {
  return FieldValue.increment(by);
}

/** Ends the client of this process, after what is under way; the local runtime and tests use it. */
export async function closeFirestore(): Promise<void> {
  await Promise.allSettled(underWay);
  await client?.terminate();
  client = undefined;
}
