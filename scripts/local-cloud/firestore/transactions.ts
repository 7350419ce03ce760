import { randomBytes } from "node:crypto";
import { invalidArgument } from "../rpc-error.ts";
import type { LockHolder } from "./locks.ts";
import { transactionOver } from "./refusals.ts";

/**
 * firebase.google.com/docs/firestore/quotas: a transaction lives 270 s, and 60 s without a call. When the
 * connection it came on has closed, its client was most likely killed, and nobody else should wait a minute
 * for the locks; but a busy client also closes spare connections, and goes on from another one.
 */
export const TRANSACTION_LIMITS = { totalMs: 270_000, idleMs: 60_000, disconnectedMs: 2_000 };

export interface Transaction extends LockHolder {
  readonly id: string;
  /** The moment a read-only transaction sees, in microseconds; undefined for a read-write one. */
  readonly snapshotMicros: number | undefined;
  readonly startedMs: number;
  usedMs: number;
  /** The connection of its last call, and since when that one is closed. */
  peer: string;
  disconnectedMs: number | undefined;
  /** Calls in progress: a transaction whose commit waits is not idle. */
  calls: number;
}

type Origin = Pick<Transaction, "snapshotMicros" | "peer">;

export type Transactions = ReturnType<typeof createTransactions>;

/**
 * The open transactions of one database. Their lifetimes are real time, not the movable clock's: they bound
 * how long a client that went away can hold locks.
 */
export function createTransactions(limits = TRANSACTION_LIMITS) {
  const open = new Map<string, Transaction>();
  const run = randomBytes(6).toString("hex");
  let count = 0;

  /** Ids say all that has to be known of a transaction that is over. Throws INVALID_ARGUMENT for any other text. */
  function parseId(id: Buffer): { rank: number } {
    const [ofRun, number, rank] = id.toString().split(".");
    if (ofRun !== run || !(Number(number) <= count)) throw invalidArgument("Invalid transaction.");
    return { rank: Number(rank) };
  }

  function hasExpired({ startedMs, usedMs, disconnectedMs, calls }: Transaction, nowMs: number): boolean {
    if (nowMs - startedMs > limits.totalMs) return true;
    if (calls > 0) return false;
    const isGone = disconnectedMs !== undefined && nowMs - disconnectedMs > limits.disconnectedMs;
    return isGone || nowMs - usedMs > limits.idleMs;
  }

  return {
    /** A new transaction; one that retries another keeps its rank, so that it gets its turn in the end. */
    begin(retried: Buffer | undefined, { snapshotMicros, peer }: Origin): Transaction {
      count++;
      const rank = retried?.length ? parseId(retried).rank : count;
      const nowMs = Date.now();
      const transaction = {
        id: `${run}.${count}.${rank}`,
        rank,
        snapshotMicros,
        peer,
        disconnectedMs: undefined,
        startedMs: nowMs,
        usedMs: nowMs,
        calls: 0,
      };
      open.set(transaction.id, transaction);
      return transaction;
    },
    /** The open transaction. Throws INVALID_ARGUMENT when it is over or was never there. */
    find(id: Buffer): Transaction {
      const transaction = open.get(id.toString());
      if (!transaction || hasExpired(transaction, Date.now())) {
        throw transactionOver();
      }
      return transaction;
    },
    /** The transaction, if it is still open. Throws INVALID_ARGUMENT for an id that was never given out. */
    findOpen(id: Buffer): Transaction | undefined {
      parseId(id);
      return open.get(id.toString());
    },
    /** A call of the transaction came on this connection. */
    usedFrom(transaction: Transaction, peer: string): void {
      transaction.peer = peer;
      transaction.disconnectedMs = undefined;
    },
    connectionClosed(peer: string): void {
      for (const transaction of open.values()) {
        if (transaction.peer === peer) transaction.disconnectedMs = Date.now();
      }
    },
    isOpen: (transaction: Transaction): boolean => open.has(transaction.id),
    /** True when it was still open. */
    forget: (transaction: Transaction): boolean => open.delete(transaction.id),
    /** The earliest moment that an open read-only transaction may still read; undefined when there is none. */
    oldestSnapshotMicros(): number | undefined {
      let oldest: number | undefined;
      for (const { snapshotMicros } of open.values()) {
        if (snapshotMicros !== undefined) oldest = Math.min(oldest ?? snapshotMicros, snapshotMicros);
      }
      return oldest;
    },
    expired: (): Transaction[] =>
      [...open.values()].filter(transaction => hasExpired(transaction, Date.now())),
  };
}
