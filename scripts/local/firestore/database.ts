import { createCommitQueue } from "./commit-queue.ts";
import { createDocumentStore, type DocumentView, type StoredDocument } from "./document-store.ts";
import { createLocks } from "./locks.ts";
import type { Consistency, TransactionOptions } from "./messages.ts";
import { invalidArgument } from "./rpc-error.ts";
import { toMicros } from "./time.ts";
import { createTransactions, type Transaction, type TRANSACTION_LIMITS } from "./transactions.ts";
import { type CommitPlan, type PreparedWrite, planCommit } from "./write.ts";

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
  now: () => number;
  transactionLimits?: typeof TRANSACTION_LIMITS | undefined;
}

export type Database = ReturnType<typeof createDatabase>;

/** One database: documents, transactions and the locks between them. `now` is the clock of the documents' times. */
export function createDatabase({ now, transactionLimits }: DatabaseOptions) {
  const store = createDocumentStore(now);
  const transactions = createTransactions(transactionLimits);
  const locks = createLocks();
  const commits = createCommitQueue(locks);

  const begin = (options: TransactionOptions = {}) => transactions.begin(options, store.readMicros);

  /** Commits that waited go before reads that waited: what is nearly done is finished first. */
  function end(transaction: Transaction): void {
    if (!transactions.forget(transaction)) return;
    locks.release(transaction);
    commits.retry();
    locks.grantWaiting();
  }

  async function during<Result>(transaction: Transaction | undefined, run: () => Promise<Result>): Promise<Result> {
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

  return {
    begin,
    /** Runs a read with the consistency it asked for; a transaction that it began ends when it fails. */
    async read<Result>(
      { transaction: id, newTransaction, readTime }: Consistency,
      signal: AbortSignal,
      run: (read: Read) => Promise<Result>,
    ): Promise<Result> {
      const begun = newTransaction && begin(newTransaction);
      const transaction = begun ?? (id?.length ? transactions.find(id) : undefined);
      const readMicros = readTime ?? newTransaction?.readOnly?.readTime;
      if (readMicros && toMicros(readMicros) > store.readMicros()) {
        throw invalidArgument("read_time cannot be in the future.");
      }
      const read = openRead(transaction, readMicros && toMicros(readMicros), signal);
      try {
        return await during(transaction, () => run({ ...read, begun: begun && Buffer.from(begun.id) }));
      } catch (error) {
        if (begun) end(begun);
        throw error;
      }
    },
    /** Writes everything or nothing; the transaction is over either way. */
    async commit(writes: readonly PreparedWrite[], id: Buffer | undefined, signal: AbortSignal): Promise<CommitPlan> {
      const transaction = id?.length ? transactions.find(id) : undefined;
      if (transaction?.snapshotMicros !== undefined && writes.length > 0) {
        throw invalidArgument("Cannot modify entities in a read-only transaction.");
      }
      const finish = () => transaction && end(transaction);
      const attempt = {
        holder: transaction,
        plan: () => planCommit(store.current, writes, store.nextCommitMicros()),
        apply: (plan: CommitPlan) => {
          store.apply(plan.changes, plan.commitMicros);
          finish();
        },
        abandon: finish,
      };
      return during(transaction, () => commits.commit(attempt, signal));
    },
    /** Gives up a transaction and its locks. */
    rollback: (id: Buffer) => end(transactions.find(id)),
    /** Ends the transactions whose time is over. */
    endExpired: () => transactions.expired().forEach(end),
    documentCount: store.documentCount,
  };
}
