import type { FactOf } from "../events/catalogue.ts";
import type { Collection } from "../google/firestore.ts";
import type { Cause } from "./records/ledger-entry.ts";

/**
 * All that one event makes one reaction change, or one request its owner. Nothing of it happens before the
 * handler has returned; then all of it is committed together with the ledger entry, or none.
 */
export interface Work {
  /** When this attempt started, in milliseconds. */
  readonly nowMs: number;
  readonly cause: Cause;
  /** Reads a document; another unit of work that changes it before the commit makes this one run again. */
  get<T>(from: Collection<T>, id: string): Promise<T | undefined>;
  /** The same for several at once, in one round trip, in the order asked. */
  getAll<T>(from: Collection<T>, ids: readonly string[]): Promise<(T | undefined)[]>;
  /** Writes a document that must not exist: if it does, somebody else did this work, and it is skipped. */
  create<T extends object>(to: Collection<T>, id: string, data: T): void;
  /** Replaces a document, or creates it. */
  set<T extends object>(to: Collection<T>, id: string, data: T): void;
  /** Changes some fields of a document that must exist. */
  update<T extends object>(to: Collection<T>, id: string, fields: Partial<T>): void;
  /** Removes a document; one that is not there is removed already. */
  delete<T>(from: Collection<T>, id: string): void;
  /** Adds to numbers without reading them; creates the document where it is missing. */
  increment<T extends object>(
    to: Collection<T>,
    id: string,
    by: Partial<Record<keyof T & string, number>>,
  ): void;
  /**
   * Announces a fact, after the commit. Its id is derived: a retry announces the same event again. `as` names the
   * owner whose rule decided it, where another function has applied that.
   */
  emit(fact: FactOf, as?: string): void;
  /** Has a timer look at something at a later time. The key names this arming for ever: never use one twice. */
  timer(name: string, arming: { key: string; dueMs: number; data: object }): void;
  /**
   * Plans something the world outside will see, not before its time, if it is still wanted then. The key makes it
   * the same effect for ever: where it was planned before, this unit of work is skipped.
   */
  effect(name: string, planned: { key: string; data: object; dueMs?: number }): void;
}

/** What a decision may touch: documents, in the transaction that takes the lease. It leaves no follow-ups. */
export type Documents = Omit<Work, "emit" | "timer" | "effect">;
