import { randomBytes } from "node:crypto";
import type { Caller } from "../grpc/call.ts";
import { invalidArgument, RpcError } from "../rpc-error.ts";
import { createCommitQueue } from "./commit-queue.ts";
import type { DocumentStorage } from "./document-store.ts";
import { createDocumentStore } from "./document-store.ts";
import { snapshotTooOld } from "./history.ts";
import { createLocks } from "./locks.ts";
import type { Consistency, Timestamp, TransactionOptions } from "./messages.ts";
import { transactionOver } from "./refusals.ts";
import type { Change, DocumentView, StoredDocument } from "./stored-document.ts";
import { toMicros } from "./time.ts";
import type { TRANSACTION_LIMITS, Transaction } from "./transactions.ts";
import { createTransactions } from "./transactions.ts";
import type { TtlFields } from "./ttl.ts";
import { expiredDocuments } from "./ttl.ts";
import type { CommitPlan, PreparedWrite } from "./write.ts";
import { planCommit } from "./write.ts";

/** One read call: `lock` first, then look at the view, then `lockMatching` before anything is awaited. */
export interface Read {
  lock(keys: readonly string[]): Promise<void>;
  lockMatching(predicate: (document: StoredDocument) => boolean): void;
  view(): DocumentView;
  readMicros(): number;
  /** The id of the transaction that this call began. */
  begun: Buffer | undefined;
}

export interface DatabaseOptions {
  /** Milliseconds since 1970: the clock of the documents' times. */
  now: () => number;
  transactionLimits?: typeof TRANSACTION_LIMITS | undefined;
}

type Observer = (changes: readonly Change[]) => void;

/** cloud.google.com/firestore/docs/use-pitr: without point-in-time recovery, an hour can be read. */
const OLDEST_READ_MICROS = 3600 * 1_000_000;

/** Documents that one commit of a sweep deletes; all at once they might not fit into memory. */
const SWEEP_BATCH = 500;

export type Database = ReturnType<typeof createDatabase>;

/** One database: its documents in the storage, transactions and the locks between them. */
export function createDatabase(
  documents: DocumentStorage,
  name: string,
  { now, transactionLimits }: DatabaseOptions,
) {
  const store = createDocumentStore(documents, name, now);
  const transactions = createTransactions(transactionLimits);
  const locks = createLocks();
  const commits = createCommitQueue(locks);
  const observers = new Set<Observer>();

  /** Commits that waited go before reads that waited: what is nearly done is finished first. */
  function end(transaction: Transaction): void {
    if (!transactions.forget(transaction)) return;
    locks.release(transaction);
    commits.retry();
    locks.grantWaiting();
  }

  /** A time asked for, in microseconds. Throws as the service does when it cannot be read. */
  function pastMicros(time: Timestamp): number {
    const micros = toMicros(time);
    const nowMicros = store.readMicros();
    if (micros > nowMicros) throw invalidArgument("The requested 'read_time' cannot be in the future.");
    if (micros < nowMicros - OLDEST_READ_MICROS) throw snapshotTooOld();
    return micros;
  }

  function begin(options: TransactionOptions = {}, peer: string): Transaction {
    const { readOnly } = options;
    const snapshotMicros =
      readOnly && (readOnly.readTime ? pastMicros(readOnly.readTime) : store.readMicros());
    return transactions.begin(options.readWrite?.retryTransaction, { snapshotMicros, peer });
  }

  async function during<Result>(
    transaction: Transaction | undefined,
    run: () => Promise<Result>,
  ): Promise<Result> {
    if (!transaction) return run();
    transaction.calls++;
    try {
      return await run();
    } finally {
      transaction.calls--;
      transaction.usedMs = Date.now();
    }
  }

  function openRead(transaction: Transaction | undefined, readTime: number | undefined, signal: AbortSignal) {
    const snapshot = transaction?.snapshotMicros ?? readTime;
    const locking = snapshot === undefined ? transaction : undefined;
    return {
      lock: async (keys: readonly string[]) => {
        if (locking) await locks.lock(locking, keys, signal);
      },
      lockMatching: (predicate: (document: StoredDocument) => boolean) => {
        if (locking) locks.lockMatching(locking, predicate);
      },
      view: () => (snapshot === undefined ? store.current : store.at(snapshot)),
      readMicros: () => snapshot ?? store.readMicros(),
    };
  }

  function write(changes: readonly Change[], commitMicros: number): void {
    store.apply(changes, commitMicros);
    store.forgetBefore(transactions.oldestSnapshotMicros());
    for (const observer of observers) observer(changes);
  }

  return {
    /** Tells this database's past from that of every other one, also of the same name in an earlier run. */
    id: randomBytes(6).toString("hex"),
    begin,
    /** Runs a read with the consistency it asked for; a transaction that it began ends when it fails. */
    async read<Result>(
      { transaction: id, newTransaction, readTime }: Consistency,
      { signal, peer }: Caller,
      run: (read: Read) => Promise<Result>,
    ): Promise<Result> {
      const begun = newTransaction && begin(newTransaction, peer);
      const transaction = begun ?? (id?.length ? transactions.find(id) : undefined);
      if (transaction) transactions.usedFrom(transaction, peer);
      const read = openRead(transaction, readTime && pastMicros(readTime), signal);
      try {
        return await during(transaction, () => run({ ...read, begun: begun && Buffer.from(begun.id) }));
      } catch (error) {
        if (begun) end(begun);
        throw error;
      }
    },
    /** Writes everything or nothing; the transaction is over either way. */
    async commit(
      writes: readonly PreparedWrite[],
      id: Buffer | undefined,
      signal: AbortSignal,
    ): Promise<CommitPlan> {
      const transaction = id?.length ? transactions.find(id) : undefined;
      if (transaction?.snapshotMicros !== undefined && writes.length > 0) {
        throw invalidArgument("Cannot modify entities in a read-only transaction.");
      }
      const finish = () => transaction && end(transaction);
      const attempt = {
        holder: transaction,
        plan: () => {
          // Its locks are gone when it expired while it waited.
          if (transaction && !transactions.isOpen(transaction)) throw transactionOver();
          return planCommit(store.current, writes, store.nextCommitMicros());
        },
        apply: (plan: CommitPlan) => {
          write(plan.changes, plan.commitMicros);
        },
        end: finish,
      };
      return during(transaction, () => commits.commit(attempt, signal));
    },
    /** Gives up a transaction and its locks; once it is over this changes nothing. */
    rollback(id: Buffer): void {
      const transaction = transactions.findOpen(id);
      if (transaction) end(transaction);
    },
    /** The client that used this connection is perhaps gone: its transactions have little time left. */
    connectionClosed: transactions.connectionClosed,
    /** Ends the transactions whose time is over. */
    endExpired: () => transactions.expired().forEach(end),
    /** Tells of every commit, once it is made, until the returned function is called. */
    observe(observer: Observer): () => void {
      observers.add(observer);
      return () => observers.delete(observer);
    },
    observerCount: () => observers.size,
    /** The documents as they are, with the time of that. */
    latest: () => ({ view: store.current, readMicros: store.readMicros() }),
    /** The documents as they were; undefined when that time cannot be read. */
    viewAt(time: Timestamp): DocumentView | undefined {
      try {
        return store.at(pastMicros(time));
      } catch (error) {
        if (error instanceof RpcError) return undefined;
        throw error;
      }
    },
    /**
     * Deletes the documents whose time has come, but not those that an open transaction has read: they are
     * left for the next sweep. The number of the deleted.
     */
    sweepExpired(ttlFields: TtlFields): number {
      let deleted = 0;
      let batch: Change[] = [];
      const deleteBatch = () => {
        if (batch.length > 0) write(batch, store.nextCommitMicros());
        deleted += batch.length;
        batch = [];
      };
      for (const before of expiredDocuments(store.current, ttlFields, now())) {
        const change: Change = { place: before, before, after: undefined };
        if (locks.blockers(undefined, [change]).size === 0) batch.push(change);
        if (batch.length === SWEEP_BATCH) deleteBatch();
      }
      deleteBatch();
      return deleted;
    },
    documentCount: store.documentCount,
  };
}
