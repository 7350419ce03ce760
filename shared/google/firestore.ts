import type {
  DocumentData,
  DocumentReference,
  DocumentSnapshot,
  Query,
  QuerySnapshot,
  Transaction,
  WriteBatch,
} from "@google-cloud/firestore";
import { AggregateField, FieldValue, Firestore, Timestamp } from "@google-cloud/firestore";
import { config, databaseId } from "../config.ts";
import { FirestoreTooSlow } from "../errors.ts";
import { SECOND_MS } from "../values/durations.ts";

export type { DocumentSnapshot, Query, QuerySnapshot, Timestamp, Transaction, WriteBatch };
export type DocumentRef = DocumentReference<DocumentData>;

/** A named collection and the shape of its documents. */
export interface Collection<T> {
  readonly name: string;
  /** Never set: the field carries the type only. */
  readonly shape?: T;
}

export function collection<T>(name: string): Collection<T> {
  return { name };
}

let client: Firestore | undefined;

/** Returns the Firestore client of this instance, built on first use: a cold start without Firestore stays fast. */
export function firestore(): Firestore {
  client ??= new Firestore({
    projectId: config().projectId,
    databaseId: databaseId(),
    ignoreUndefinedProperties: true,
  });
  return client;
}

/**
 * Max time of a transaction or batch, in milliseconds. The client's default is minutes, longer than the acknowledgement
 * deadline of a push and the timeout of a caller. A transaction under contention may take some eight seconds.
 */
const TRANSACTION_DEADLINE_MS = 15 * SECOND_MS;
/** Max time of a read outside a transaction, in milliseconds. */
const READ_DEADLINE_MS = 5 * SECOND_MS;

/**
 * Runs `body` in a transaction. Contention and platform trouble run `body` again, so it must touch nothing outside the
 * transaction. Without a read the commit is a plain atomic batch, one round trip.
 * @throws FirestoreTooSlow after 15 s; the commit may still succeed
 */
export function inTransaction<R>(body: (transaction: Transaction) => Promise<R>): Promise<R> {
  return inTime(firestore().runTransaction(body), TRANSACTION_DEADLINE_MS);
}

/**
 * Commits writes atomically in one round trip.
 * @throws FirestoreTooSlow after 15 s; the commit may still succeed
 */
export async function inBatch(write: (batch: WriteBatch) => void): Promise<void> {
  const batch = firestore().batch();
  write(batch);
  await inTime(batch.commit(), TRANSACTION_DEADLINE_MS);
}

/** Calls in progress. A call stays here after its deadline, because the client continues its retries. */
const inProgress = new Set<Promise<unknown>>();

async function inTime<R>(answer: Promise<R>, deadlineMs: number): Promise<R> {
  inProgress.add(answer);
  const ended = (): boolean => inProgress.delete(answer);
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
 * Reads one document outside any transaction.
 * @returns undefined when there is none
 * @throws FirestoreTooSlow after 5 s
 */
export async function readDocument<T>(from: Collection<T>, id: string): Promise<T | undefined> {
  const snapshot = await inTime(documentRef(from, id).get(), READ_DEADLINE_MS);
  return snapshot.data() as T | undefined;
}

/**
 * Reads several documents in one round trip.
 * @returns the documents in the order of the ids, undefined where there is none
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

/** A document as it was read, with the time of its last write as a condition for the next one. */
export interface Version<T> {
  row: T | undefined;
  /** Undefined: the document did not exist. */
  writtenAt: Timestamp | undefined;
}

/**
 * Reads several documents with the times of their last writes, in one round trip.
 * @throws FirestoreTooSlow after 5 s
 */
export async function readVersions<T>(from: Collection<T>, ids: readonly string[]): Promise<Version<T>[]> {
  if (ids.length === 0) return [];
  const snapshots = await inTime(
    firestore().getAll(...ids.map(id => documentRef(from, id))),
    READ_DEADLINE_MS,
  );
  return snapshots.map(snapshot => ({
    row: snapshot.data() as T | undefined,
    writtenAt: snapshot.updateTime,
  }));
}

/** The start of a page: the page begins behind this document, newest first. */
export interface PageStart {
  ms: number;
  id: string;
}

/**
 * Reads documents with these values, newest first by a field that holds milliseconds. The query needs an index over the
 * fields and the time.
 * @throws FirestoreTooSlow after 5 s
 */
export async function readNewest<T extends object>(
  from: Collection<T>,
  page: { where: Partial<T>; newestBy: keyof T & string; limit: number; after?: PageStart },
): Promise<{ id: string; document: T }[]> {
  const { where, newestBy, limit, after } = page;
  let query: Query = firestore().collection(from.name);
  for (const [field, value] of Object.entries(where)) query = query.where(field, "==", value);
  query = query.orderBy(newestBy, "desc").orderBy("__name__", "desc").limit(limit);
  if (after) query = query.startAfter(after.ms, after.id);
  const found = await inTime(query.get(), READ_DEADLINE_MS);
  return found.docs.map(document => ({ id: document.id, document: document.data() as T }));
}

/** Counts the documents of a query and sums one field, without reading the documents. */
export async function countAndSum(query: Query, field: string): Promise<{ count: number; sum: number }> {
  const asked = query.aggregate({ count: AggregateField.count(), sum: AggregateField.sum(field) });
  const { count, sum } = (await asked.get()).data();
  return { count, sum };
}

/** Converts a time to Firestore's own type, which TTL policies need. */
export function timestamp(ms: number): Timestamp {
  return Timestamp.fromMillis(ms);
}

/** Returns a placeholder for a write: Firestore replaces it by its own commit time, in whole milliseconds. */
export function serverTime(): Timestamp {
  return FieldValue.serverTimestamp() as unknown as Timestamp;
}

/** Returns a value for a write that adds to a number without reading it. Concurrent increments do not conflict. */
export function increment(by: number): FieldValue {
  return FieldValue.increment(by);
}

/** Returns a value for an update that removes a field. */
export function removed(): FieldValue {
  return FieldValue.delete();
}

/** Closes the client of this process after its calls in progress. Used by the local runtime and tests. */
export async function closeFirestore(): Promise<void> {
  await Promise.allSettled(inProgress);
  await client?.terminate();
  client = undefined;
}
