import { randomBytes } from "node:crypto";
import type { Caller } from "../../grpc/call.ts";
import { invalidArgument, RpcError } from "../../rpc-error.ts";
import type { Consistency, Timestamp, TransactionOptions } from "../documents/messages.ts";
import { transactionOver } from "../documents/refusals.ts";
import type { Change, DocumentView } from "../documents/stored-document.ts";
import { toMicros } from "../documents/time.ts";
import type { CommitPlan, PreparedWrite } from "../documents/write.ts";
import { planCommit } from "../documents/write.ts";
import type { DocumentStorage } from "../store/document-storage.ts";
import { DocumentStore } from "../store/document-store.ts";
import { snapshotTooOld } from "../store/history.ts";
import { CommitQueue } from "./commit-queue.ts";
import { Locks } from "./locks.ts";
import { Read } from "./read.ts";
import type { TRANSACTION_LIMITS, Transaction } from "./transactions.ts";
import { Transactions } from "./transactions.ts";
import type { TtlFields } from "./ttl.ts";
import { expiredDocuments } from "./ttl.ts";

export interface DatabaseOptions {
  /** Clock of the documents' times, in milliseconds since 1970. */
  now: () => number;
  transactionLimits?: typeof TRANSACTION_LIMITS;
}

type Observer = (changes: readonly Change[]) => void;

/** Oldest moment that can be read: an hour without point-in-time recovery (cloud.google.com/firestore/docs/use-pitr). */
const OLDEST_READ_MICROS = 3600 * 1_000_000;

/** Documents that one commit of a TTL sweep deletes; all at once they might not fit into memory. */
const DELETES_PER_SWEEP_COMMIT = 500;

/** One database: its stored documents, its transactions, and the locks between them. */
export class Database {
  /** Identifies this database's history. A database of the same name in another run has another id. */
  readonly id = randomBytes(6).toString("hex");
  readonly #now: () => number;
  readonly #store: DocumentStore;
  readonly #transactions: Transactions;
  readonly #locks = new Locks();
  readonly #commits = new CommitQueue(this.#locks);
  readonly #observers = new Set<Observer>();

  constructor(documents: DocumentStorage, name: string, { now, transactionLimits }: DatabaseOptions) {
    this.#now = now;
    this.#store = new DocumentStore(documents, name, now);
    this.#transactions = new Transactions(transactionLimits);
  }

  /** @param peer the client's connection, whose end shortens the transaction's lifetime */
  begin(options: TransactionOptions = {}, peer: string): Transaction {
    const { readOnly } = options;
    const snapshotMicros =
      readOnly && (readOnly.readTime ? this.#pastMicros(readOnly.readTime) : this.#store.readMicros());
    return this.#transactions.begin(options.readWrite?.retryTransaction, { snapshotMicros, peer });
  }

  /** Runs a read with the requested consistency. A transaction that a failed read began is rolled back. */
  async read<Result>(
    { transaction: id, newTransaction, readTime }: Consistency,
    { signal, peer }: Caller,
    run: (read: Read) => Promise<Result>,
  ): Promise<Result> {
    const begun = newTransaction && this.begin(newTransaction, peer);
    const transaction = begun ?? (id?.length ? this.#transactions.find(id) : undefined);
    if (transaction) this.#transactions.usedFrom(transaction, peer);
    const pastMicros = readTime && this.#pastMicros(readTime);
    const read = new Read({
      store: this.#store,
      locks: this.#locks,
      transaction,
      hasBegun: begun !== undefined,
      snapshotMicros: transaction?.snapshotMicros ?? pastMicros,
      signal,
    });
    try {
      return await during(transaction, () => run(read));
    } catch (error) {
      if (begun) this.#end(begun);
      throw error;
    }
  }

  /** Commits all writes or none. Either way the transaction is over afterwards. */
  async commit(
    writes: readonly PreparedWrite[],
    id: Buffer | undefined,
    signal: AbortSignal,
  ): Promise<CommitPlan> {
    const transaction = id?.length ? this.#transactions.find(id) : undefined;
    if (transaction?.snapshotMicros !== undefined && writes.length > 0) {
      throw invalidArgument("Cannot modify entities in a read-only transaction.");
    }
    const request = {
      holder: transaction,
      plan: () => {
        // A transaction that expired while its commit waited has lost its locks.
        if (transaction && !this.#transactions.isOpen(transaction)) throw transactionOver();
        return planCommit(this.#store.current, writes, this.#store.nextCommitMicros());
      },
      apply: (plan: CommitPlan) => this.#write(plan.changes, plan.commitMicros),
      end: () => {
        if (transaction) this.#end(transaction);
      },
    };
    return during(transaction, () => this.#commits.commit(request, signal));
  }

  /** Rolls back a transaction and releases its locks. Without effect when the transaction is over. */
  rollback(id: Buffer): void {
    const transaction = this.#transactions.findOpen(id);
    if (transaction) this.#end(transaction);
  }

  /** Shortens the lifetime of the transactions on a closed connection: their client may be gone. */
  connectionClosed(peer: string): void {
    this.#transactions.connectionClosed(peer);
  }

  /** Ends the transactions whose lifetime is over. */
  endExpired(): void {
    for (const transaction of this.#transactions.expired()) this.#end(transaction);
  }

  /**
   * Calls the observer after every commit.
   * @returns the function that removes the observer
   */
  observe(observer: Observer): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  observerCount(): number {
    return this.#observers.size;
  }

  /** Returns the present documents and the moment that they show. */
  latest(): { view: DocumentView; readMicros: number } {
    return { view: this.#store.current, readMicros: this.#store.readMicros() };
  }

  /** Returns the documents as they were at a moment; undefined when that moment cannot be read. */
  viewAt(time: Timestamp): DocumentView | undefined {
    try {
      return this.#store.at(this.#pastMicros(time));
    } catch (error) {
      if (error instanceof RpcError) return undefined;
      throw error;
    }
  }

  /**
   * Deletes the expired documents. A document that an open transaction has read stays until the next sweep.
   * @returns the number of deleted documents
   */
  sweepExpired(ttlFields: TtlFields): number {
    let deleted = 0;
    let batch: Change[] = [];
    const deleteBatch = () => {
      if (batch.length > 0) this.#write(batch, this.#store.nextCommitMicros());
      deleted += batch.length;
      batch = [];
    };
    for (const before of expiredDocuments(this.#store.current, ttlFields, this.#now())) {
      const change: Change = { place: before, before, after: undefined };
      if (this.#locks.blockers(undefined, [change]).size === 0) batch.push(change);
      if (batch.length === DELETES_PER_SWEEP_COMMIT) deleteBatch();
    }
    deleteBatch();
    return deleted;
  }

  documentCount(): number {
    return this.#store.documentCount();
  }

  /** Ends a transaction. Waiting commits go before waiting reads: transactions that are nearly done finish first. */
  #end(transaction: Transaction): void {
    if (!this.#transactions.forget(transaction)) return;
    this.#locks.release(transaction);
    this.#commits.retry();
    this.#locks.grantWaiting();
  }

  /**
   * Converts a requested moment to microseconds.
   * @throws RpcError as the service does, when the moment cannot be read
   */
  #pastMicros(time: Timestamp): number {
    const micros = toMicros(time);
    const nowMicros = this.#store.readMicros();
    if (micros > nowMicros) throw invalidArgument("The requested 'read_time' cannot be in the future.");
    if (micros < nowMicros - OLDEST_READ_MICROS) throw snapshotTooOld();
    return micros;
  }

  #write(changes: readonly Change[], commitMicros: number): void {
    this.#store.apply(changes, commitMicros);
    this.#store.forgetBefore(this.#transactions.oldestSnapshotMicros());
    for (const observer of this.#observers) observer(changes);
  }
}

/** Runs a call of a transaction, which counts as used until the call ends. */
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
