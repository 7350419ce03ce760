import type { DocumentView, StoredDocument } from "../documents/stored-document.ts";
import type { DocumentStore } from "../store/document-store.ts";
import type { Locks } from "./locks.ts";
import type { Transaction } from "./transactions.ts";

interface ReadOptions {
  store: DocumentStore;
  locks: Locks;
  /** The transaction of the call; undefined outside a transaction. */
  transaction: Transaction | undefined;
  /** True when this call began the transaction. */
  hasBegun: boolean;
  /** The moment to read, in microseconds since 1970; undefined for the present. */
  snapshotMicros: number | undefined;
  signal: AbortSignal;
}

/** One read call. A handler calls `lock` first, then reads the view, then calls `lockMatching` before any await. */
export class Read {
  /** Id of the transaction that this call began; undefined when it began none. */
  readonly begun: Buffer | undefined;
  readonly #store: DocumentStore;
  readonly #locks: Locks;
  /** The transaction that takes locks; undefined for a read of a snapshot and outside a transaction. */
  readonly #locking: Transaction | undefined;
  readonly #snapshotMicros: number | undefined;
  readonly #signal: AbortSignal;

  constructor({ store, locks, transaction, hasBegun, snapshotMicros, signal }: ReadOptions) {
    this.begun = hasBegun && transaction ? Buffer.from(transaction.id) : undefined;
    this.#store = store;
    this.#locks = locks;
    this.#locking = snapshotMicros === undefined ? transaction : undefined;
    this.#snapshotMicros = snapshotMicros;
    this.#signal = signal;
  }

  /** Takes the transaction's read locks on documents or queries, in turn. */
  async lock(keys: readonly string[]): Promise<void> {
    if (this.#locking) await this.#locks.lock(this.#locking, keys, this.#signal);
  }

  /** Takes the transaction's read lock on every document, present or future, that satisfies the predicate. */
  lockMatching(predicate: (document: StoredDocument) => boolean): void {
    if (this.#locking) this.#locks.lockMatching(this.#locking, predicate);
  }

  view(): DocumentView {
    return this.#snapshotMicros === undefined ? this.#store.current : this.#store.at(this.#snapshotMicros);
  }

  /** Returns the moment that the view shows, in microseconds since 1970. */
  readMicros(): number {
    return this.#snapshotMicros ?? this.#store.readMicros();
  }
}
