import { randomBytes } from "node:crypto";
import type { LockHolder } from "./locks.ts";
import type { TransactionOptions } from "./messages.ts";
import { invalidArgument } from "./rpc-error.ts";

/** firebase.google.com/docs/firestore/quotas: a transaction lives 270 s, and 60 s without a call. */
export const TRANSACTION_LIMITS = { totalMs: 270_000, idleMs: 60_000 };

export interface Transaction extends LockHolder {
  readonly id: string;
  /** The moment a read-only transaction sees, in microseconds; undefined for a read-write one. */
  readonly snapshotMicros: number | undefined;
  readonly startedMs: number;
  usedMs: number;
  /** Calls in progress: a transaction whose commit waits is not idle. */
  calls: number;
}

export type Transactions = ReturnType<typeof createTransactions>;

/**
 * The open transactions of one database. Their lifetimes are real time, not the movable clock's: they bound
 * how long a client that went away can hold locks.
 */
export function createTransactions(limits = TRANSACTION_LIMITS) {
  const open = new Map<string, Transaction>();
  const run = randomBytes(6).toString("hex");
  let count = 0;

  const hasExpired = ({ startedMs, usedMs, calls }: Transaction, nowMs: number) =>
    nowMs - startedMs > limits.totalMs || (calls === 0 && nowMs - usedMs > limits.idleMs);

  return {
    /** A new transaction; one that retries another keeps its rank, so that it gets its turn in the end. */
    begin(options: TransactionOptions, readMicros: () => number): Transaction {
      count++;
      const rank = retriedRank(options.readWrite?.retryTransaction, run) ?? count;
      const nowMs = Date.now();
      const transaction = {
        id: `${run}.${count}.${rank}`,
        rank,
        snapshotMicros: options.readOnly ? readMicros() : undefined,
        startedMs: nowMs,
        usedMs: nowMs,
        calls: 0,
      };
      open.set(transaction.id, transaction);
      return transaction;
    },
    /** Throws INVALID_ARGUMENT in the words by which the client knows that it should run the body again. */
    find(id: Buffer): Transaction {
      const transaction = open.get(id.toString());
      if (!transaction || hasExpired(transaction, Date.now())) {
        throw invalidArgument("The referenced transaction has expired or is no longer valid.");
      }
      return transaction;
    },
    /** True when it was still open. */
    forget: (transaction: Transaction): boolean => open.delete(transaction.id),
    expired: (): Transaction[] => [...open.values()].filter(transaction => hasExpired(transaction, Date.now())),
  };
}

function retriedRank(id: Buffer | undefined, run: string): number | undefined {
  const [retriedRun, , rank] = id?.toString().split(".") ?? [];
  return retriedRun === run && rank ? Number(rank) : undefined;
}
