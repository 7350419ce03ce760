import { randomBytes } from "node:crypto";
import { invalidArgument } from "../../rpc-error.ts";
import { transactionOver } from "../documents/refusals.ts";
import type { LockHolder } from "./lock-waiter.ts";

/**
 * Lifetimes of a transaction: 270 s in all, and 60 s without a call (firebase.google.com/docs/firestore/quotas). After
 * its connection has closed, 2 s: its client was most likely killed, and other transactions wait for its locks. The
 * 2 s remain, because a busy client also closes spare connections and continues on another one.
 */
export const TRANSACTION_LIMITS = { totalMs: 270_000, idleMs: 60_000, disconnectedMs: 2_000 };

export interface Transaction extends LockHolder {
  readonly id: string;
  /** The moment that a read-only transaction sees, in microseconds since 1970; undefined for a read-write one. */
  readonly snapshotMicros: number | undefined;
  readonly startedMs: number;
  usedMs: number;
  /** Connection of the last call. */
  peer: string;
  /** Time at which that connection closed, in milliseconds since 1970; undefined while it is open. */
  disconnectedMs: number | undefined;
  /** Number of calls in progress. A transaction whose commit waits is not idle. */
  calls: number;
}

type Origin = Pick<Transaction, "snapshotMicros" | "peer">;

/**
 * The open transactions of one database. Their lifetimes count real time, not the movable clock, because they limit
 * the locks of a client that went away.
 */
export class Transactions {
  readonly #limits: typeof TRANSACTION_LIMITS;
  readonly #open = new Map<string, Transaction>();
  /** Part of every id: ids of another run are refused. */
  readonly #run = randomBytes(6).toString("hex");
  #count = 0;

  constructor(limits = TRANSACTION_LIMITS) {
    this.#limits = limits;
  }

  /**
   * Begins a transaction.
   * @param retried id of the failed attempt that this one retries: the rank stays, so a retry wins in the end
   */
  begin(retried: Buffer | undefined, { snapshotMicros, peer }: Origin): Transaction {
    this.#count++;
    const rank = retried?.length ? this.#rankIn(retried) : this.#count;
    const nowMs = Date.now();
    const transaction = {
      id: `${this.#run}.${this.#count}.${rank}`,
      rank,
      snapshotMicros,
      peer,
      disconnectedMs: undefined,
      startedMs: nowMs,
      usedMs: nowMs,
      calls: 0,
    };
    this.#open.set(transaction.id, transaction);
    return transaction;
  }

  /**
   * Returns an open transaction.
   * @throws RpcError INVALID_ARGUMENT when the transaction is over or never existed
   */
  find(id: Buffer): Transaction {
    const transaction = this.#open.get(id.toString());
    if (!transaction || this.#hasExpired(transaction, Date.now())) throw transactionOver();
    return transaction;
  }

  /**
   * Returns a transaction; undefined when it is over.
   * @throws RpcError INVALID_ARGUMENT for an id that was never given out
   */
  findOpen(id: Buffer): Transaction | undefined {
    this.#rankIn(id);
    return this.#open.get(id.toString());
  }

  /** Records a call of the transaction on a connection. */
  usedFrom(transaction: Transaction, peer: string): void {
    transaction.peer = peer;
    transaction.disconnectedMs = undefined;
  }

  /** Starts the short lifetime of the transactions whose last call came on this connection. */
  connectionClosed(peer: string): void {
    for (const transaction of this.#open.values()) {
      if (transaction.peer === peer) transaction.disconnectedMs = Date.now();
    }
  }

  isOpen(transaction: Transaction): boolean {
    return this.#open.has(transaction.id);
  }

  /** @returns true when the transaction was still open */
  forget(transaction: Transaction): boolean {
    return this.#open.delete(transaction.id);
  }

  /** Returns the earliest moment that an open read-only transaction can still read; undefined without one. */
  oldestSnapshotMicros(): number | undefined {
    let oldest: number | undefined;
    for (const { snapshotMicros } of this.#open.values()) {
      if (snapshotMicros !== undefined) oldest = Math.min(oldest ?? snapshotMicros, snapshotMicros);
    }
    return oldest;
  }

  expired(): Transaction[] {
    return [...this.#open.values()].filter(transaction => this.#hasExpired(transaction, Date.now()));
  }

  /** Reads the rank from an id. The id holds all that is needed of a transaction that is over. */
  #rankIn(id: Buffer): number {
    const [run, number, rank] = id.toString().split(".");
    if (run !== this.#run || !(Number(number) <= this.#count)) throw invalidArgument("Invalid transaction.");
    return Number(rank);
  }

  #hasExpired({ startedMs, usedMs, disconnectedMs, calls }: Transaction, nowMs: number): boolean {
    if (nowMs - startedMs > this.#limits.totalMs) return true;
    if (calls > 0) return false;
    const isGone = disconnectedMs !== undefined && nowMs - disconnectedMs > this.#limits.disconnectedMs;
    return isGone || nowMs - usedMs > this.#limits.idleMs;
  }
}
