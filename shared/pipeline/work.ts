import type { FactOf } from "../events/catalogue.ts";
import type { Collection } from "../google/firestore.ts";
import type { Cause } from "./records/ledger-entry.ts";

/**
 * A unit of work: all changes that one event causes in one reaction, or one command at its owner. The changes are
 * committed together with the ledger entry after the handler has returned: all of them, or none.
 */
export interface Work {
  /** Start of this attempt, in milliseconds. */
  readonly nowMs: number;
  readonly cause: Cause;
  /** Reads a document. If another unit of work changes the document before the commit, the handler runs again. */
  get<T>(from: Collection<T>, id: string): Promise<T | undefined>;
  /** Reads several documents in one round trip. @returns the documents in the order of the ids */
  getAll<T>(from: Collection<T>, ids: readonly string[]): Promise<(T | undefined)[]>;
  /** Writes a document that must not exist. If it exists, the event is skipped, and a command is answered 409. */
  create<T extends object>(to: Collection<T>, id: string, data: T): void;
  /** Replaces a document, or creates it. */
  set<T extends object>(to: Collection<T>, id: string, data: T): void;
  /** Changes some fields of a document that must exist. */
  update<T extends object>(to: Collection<T>, id: string, fields: Partial<T>): void;
  /** Deletes a document. A missing document is no error. */
  delete<T>(from: Collection<T>, id: string): void;
  /** Adds to numbers without reading them; creates the document where it is missing. */
  increment<T extends object>(
    to: Collection<T>,
    id: string,
    by: Partial<Record<keyof T & string, number>>,
  ): void;
  /**
   * Emits an event after the commit. The event id is derived, so a retry emits the same event again. `as` is the
   * producer to record when a function emits on behalf of another owner.
   */
  emit(fact: FactOf, as?: string): void;
  /** Arms a timer for a later time. The key names this arming permanently: never use a key twice. */
  timer(name: string, arming: { key: string; dueMs: number; data: object }): void;
  /**
   * Plans an external side effect, sent at its due time if it is still wanted. The key identifies the effect
   * permanently. If it was planned before, the event is skipped, and a command is answered 409.
   */
  effect(name: string, planned: { key: string; data: object; dueMs?: number }): void;
}

/** The documents that an effect's decision may touch, in the transaction that takes the lease. No follow-ups. */
export type Documents = Omit<Work, "emit" | "timer" | "effect">;
