import { transactionOver } from "./refusals.ts";
import type { Change, StoredDocument } from "./stored-document.ts";

/**
 * How long a transaction's read waits behind another transaction that has read the same. Long against the
 * few milliseconds of a transaction on one machine, short for two bodies that wait for each other.
 */
const COURTESY_MS = 100;
/** A timer that fires this late says that the process was busy, not that the other transaction is slow. */
const LATE_MS = 25;

/** Who holds locks. A lower rank is older and wins a deadlock; a retry keeps the rank of its first attempt. */
export interface LockHolder {
  readonly rank: number;
}

interface Waiter {
  holder: LockHolder;
  keys: readonly string[];
  grant(): void;
  fail(reason: unknown): void;
  restart(): void;
}

type Predicate = (document: StoredDocument) => boolean;

export type Locks = ReturnType<typeof createLocks>;

/**
 * The read locks of one database's transactions: on documents (there or not) and on what a query asked for,
 * so that nothing can be inserted into its result. They are shared; commits wait for those of others
 * (commit-queue.ts), which alone makes transactions serialisable.
 *
 * Shared locks make two read-modify-writes of one document deadlock, and the client waits about a second
 * before it retries the loser: 20 at once would take a minute. So a read is courteous: it waits its turn,
 * first come first served, while an older turn's transaction is still open, and takes its shared lock
 * anyway when nothing moved for a while, because the other may be waiting for it outside the database.
 */
export function createLocks() {
  const holders = new Map<string, Set<LockHolder>>();
  const keysOf = new Map<LockHolder, Set<string>>();
  const predicatesOf = new Map<LockHolder, Predicate[]>();
  const waiters = new Set<Waiter>();
  /** Nobody would release what they took after their end. */
  const ended = new WeakSet<LockHolder>();

  const heldByOthers = (key: string, holder: LockHolder | undefined) =>
    [...(holders.get(key) ?? [])].filter(other => other !== holder);

  function take(holder: LockHolder, keys: readonly string[]): void {
    const own = keysOf.get(holder) ?? new Set<string>();
    keysOf.set(holder, own);
    for (const key of keys) {
      own.add(key);
      holders.set(key, (holders.get(key) ?? new Set()).add(holder));
    }
  }

  /**
   * Lets those in whose turn it is: no key held by another, none wanted by somebody ahead in the queue. Who
   * holds locks already does not queue: those ahead may well be waiting for just these locks.
   */
  function grantWaiting(): void {
    const wantedAhead = new Set<string>();
    for (const waiter of [...waiters]) {
      const queues = !keysOf.has(waiter.holder);
      const blocked = waiter.keys.some(
        key => (queues && wantedAhead.has(key)) || heldByOthers(key, waiter.holder).length > 0,
      );
      if (!blocked) waiter.grant();
      else for (const key of waiter.keys) wantedAhead.add(key);
    }
  }

  /** The queue of these keys moved: those who still wait in it start their patience anew. */
  function restartWaiting(keys: ReadonlySet<string>): void {
    for (const waiter of waiters) if (waiter.keys.some(key => keys.has(key))) waiter.restart();
  }

  function wait(holder: LockHolder, keys: readonly string[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      let dueMs = Date.now() + COURTESY_MS;
      const timer = setTimeout(() => {
        if (Date.now() > dueMs + LATE_MS) waiter.restart();
        else waiter.grant();
      }, COURTESY_MS);
      const leave = () => {
        clearTimeout(timer);
        waiters.delete(waiter);
        signal.removeEventListener("abort", giveUp);
      };
      const giveUp = () => waiter.fail(signal.reason);
      const waiter: Waiter = {
        holder,
        keys,
        grant() {
          leave();
          take(holder, keys);
          restartWaiting(new Set(keys));
          resolve();
        },
        fail(reason) {
          leave();
          reject(reason);
        },
        restart() {
          dueMs = Date.now() + COURTESY_MS;
          timer.refresh();
        },
      };
      signal.addEventListener("abort", giveUp);
      waiters.add(waiter);
    });
  }

  return {
    /** Takes shared locks on the keys, after the courteous wait. Rejects when the call is given up. */
    async lock(holder: LockHolder, keys: readonly string[], signal: AbortSignal): Promise<void> {
      signal.throwIfAborted();
      if (ended.has(holder)) throw transactionOver();
      const waiting = wait(holder, keys, signal);
      grantWaiting();
      await waiting;
    },
    /** Locks every document, present or future, that satisfies the predicate. */
    lockMatching(holder: LockHolder, predicate: Predicate): void {
      if (ended.has(holder)) throw transactionOver();
      predicatesOf.set(holder, [...(predicatesOf.get(holder) ?? []), predicate]);
    },
    /** The others whose read locks forbid these changes now. */
    blockers(holder: LockHolder | undefined, changes: readonly Change[]): Set<LockHolder> {
      const found = new Set(changes.flatMap(({ place }) => heldByOthers(place.path, holder)));
      const documents = changes
        .flatMap(({ before, after }) => [before, after])
        .filter(state => state !== undefined);
      for (const [other, predicates] of predicatesOf) {
        if (other === holder || found.has(other)) continue;
        if (documents.some(document => predicates.some(matches => matches(document)))) found.add(other);
      }
      return found;
    },
    /** Gives back all that the holder has; call `grantWaiting` once waiting commits had their chance. */
    release(holder: LockHolder): void {
      ended.add(holder);
      for (const waiter of [...waiters]) if (waiter.holder === holder) waiter.fail(transactionOver());
      const keys = keysOf.get(holder) ?? new Set<string>();
      for (const key of keys) {
        holders.get(key)?.delete(holder);
        if (holders.get(key)?.size === 0) holders.delete(key);
      }
      keysOf.delete(holder);
      predicatesOf.delete(holder);
      restartWaiting(keys);
    },
    grantWaiting,
  };
}
