import { transactionOver } from "../documents/refusals.ts";
import type { Change, StoredDocument } from "../documents/stored-document.ts";
import type { LockHolder } from "./lock-waiter.ts";
import { LockWaiter } from "./lock-waiter.ts";

/**
 * Reads of a document without a write between them after which its readers no longer queue: the document is read far
 * more often than written. The readers of a read-modify-write see at most one or two.
 */
const SHARED_FROM_READS = 4;
/** Max documents whose reads are counted. The oldest count is dropped first. */
const MAX_COUNTED = 10_000;

type Predicate = (document: StoredDocument) => boolean;

/**
 * The read locks of one database's transactions. A lock is on a document, existing or not, or on a query's predicate.
 * The predicate's lock prevents inserts into the query's result. Read locks are shared. A commit waits for those of
 * other transactions (commit-queue.ts); this alone makes transactions serialisable.
 *
 * With shared locks two read-modify-writes of one document deadlock. The client waits about a second before it
 * retries the loser: 20 at once would take a minute. A read therefore waits its turn, first come first served, while
 * another transaction has read the same document. After 100 ms without a move the read takes its shared lock anyway.
 * The other transaction may be waiting for this one outside the database.
 *
 * A document that transactions only read has no turns: a setting would otherwise put all its readers in one queue.
 */
export class Locks {
  readonly #holders = new Map<string, Set<LockHolder>>();
  readonly #keysOf = new Map<LockHolder, Set<string>>();
  readonly #predicatesOf = new Map<LockHolder, Predicate[]>();
  /** Reads by transactions since the last write, by document. */
  readonly #readsSinceWrite = new Map<string, number>();
  readonly #waiters = new Set<LockWaiter>();
  /** Transactions that are over. A lock given to one of them would never be released. */
  readonly #ended = new WeakSet<LockHolder>();

  /**
   * Takes shared locks on the keys, in turn.
   * @throws RpcError INVALID_ARGUMENT when the transaction is over; the signal's reason when the call is cancelled
   */
  async lock(holder: LockHolder, keys: readonly string[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#ended.has(holder)) throw transactionOver();
    const waiter = new LockWaiter({
      holder,
      keys,
      signal,
      onTimeout: waiting => {
        this.#grant(waiting);
        this.grantWaiting();
      },
      onLeave: waiting => this.#waiters.delete(waiting),
    });
    this.#waiters.add(waiter);
    this.grantWaiting();
    await waiter.granted;
  }

  /** Locks every document, present or future, that satisfies the predicate. */
  lockMatching(holder: LockHolder, predicate: Predicate): void {
    if (this.#ended.has(holder)) throw transactionOver();
    this.#predicatesOf.set(holder, [...(this.#predicatesOf.get(holder) ?? []), predicate]);
  }

  /** Ends the sharing of documents that a commit writes, so that a waiting commit gets its turn. */
  expectWrites(changes: readonly Change[]): void {
    for (const { place } of changes) this.#readsSinceWrite.delete(place.path);
  }

  /** Returns the other transactions whose read locks forbid these changes now. */
  blockers(holder: LockHolder | undefined, changes: readonly Change[]): Set<LockHolder> {
    const found = new Set(changes.flatMap(({ place }) => this.#heldByOthers(place.path, holder)));
    const documents = changes
      .flatMap(({ before, after }) => [before, after])
      .filter(state => state !== undefined);
    for (const [other, predicates] of this.#predicatesOf) {
      if (other === holder || found.has(other)) continue;
      if (documents.some(document => predicates.some(matches => matches(document)))) found.add(other);
    }
    return found;
  }

  /**
   * Releases all locks of a transaction that is over. The caller retries the waiting commits next, and then calls
   * `grantWaiting`.
   */
  release(holder: LockHolder): void {
    this.#ended.add(holder);
    for (const waiter of [...this.#waiters]) if (waiter.holder === holder) waiter.fail(transactionOver());
    const keys = this.#keysOf.get(holder) ?? new Set<string>();
    for (const key of keys) {
      this.#holders.get(key)?.delete(holder);
      if (this.#holders.get(key)?.size === 0) this.#holders.delete(key);
    }
    this.#keysOf.delete(holder);
    this.#predicatesOf.delete(holder);
    this.#restartWaiting(keys);
  }

  /**
   * Grants the locks of every waiter whose keys no other transaction holds and no earlier waiter wants. A transaction
   * that holds locks already does not queue: earlier waiters may be waiting for these very locks.
   */
  grantWaiting(): void {
    const wantedAhead = new Set<string>();
    for (const waiter of [...this.#waiters]) {
      const queues = !this.#keysOf.has(waiter.holder);
      const blocked = waiter.keys.some(
        key =>
          !this.#isShared(key) &&
          ((queues && wantedAhead.has(key)) || this.#heldByOthers(key, waiter.holder).length > 0),
      );
      if (!blocked) this.#grant(waiter);
      else for (const key of waiter.keys) wantedAhead.add(key);
    }
  }

  #grant(waiter: LockWaiter): void {
    waiter.leave();
    this.#take(waiter.holder, waiter.keys);
    this.#restartWaiting(new Set(waiter.keys));
    waiter.resolve();
  }

  #take(holder: LockHolder, keys: readonly string[]): void {
    const own = this.#keysOf.get(holder) ?? new Set<string>();
    this.#keysOf.set(holder, own);
    for (const key of keys) {
      own.add(key);
      this.#holders.set(key, (this.#holders.get(key) ?? new Set()).add(holder));
      this.#countRead(key);
    }
  }

  #isShared(key: string): boolean {
    return (this.#readsSinceWrite.get(key) ?? 0) >= SHARED_FROM_READS;
  }

  #countRead(key: string): void {
    const reads = this.#readsSinceWrite.get(key) ?? 0;
    const [oldest] = this.#readsSinceWrite.keys();
    if (reads === 0 && oldest !== undefined && this.#readsSinceWrite.size >= MAX_COUNTED)
      this.#readsSinceWrite.delete(oldest);
    this.#readsSinceWrite.set(key, reads + 1);
  }

  #heldByOthers(key: string, holder: LockHolder | undefined): LockHolder[] {
    return [...(this.#holders.get(key) ?? [])].filter(other => other !== holder);
  }

  /** Restarts the timeouts of the waiters for these keys, because their queue has moved. */
  #restartWaiting(keys: ReadonlySet<string>): void {
    for (const waiter of this.#waiters) if (waiter.keys.some(key => keys.has(key))) waiter.restart();
  }
}
