import type { DocumentRef, Transaction } from "../../google/firestore.ts";

/** The writes of a unit of work, held back until its commit. */
export class PendingWrites {
  readonly #writes: ((transaction: Transaction) => void)[] = [];
  readonly #paths = new Set<string>();

  add(ref: DocumentRef, write: (transaction: Transaction) => void): void {
    this.#paths.add(ref.path);
    this.#writes.push(write);
  }

  /**
   * Refuses to read a document that this unit of work has written: the read would return the old document.
   * @throws Error that names the document
   */
  refuseStaleRead(refs: readonly DocumentRef[]): void {
    const stale = refs.find(ref => this.#paths.has(ref.path));
    if (stale)
      throw new Error(
        `document ${stale.path} was written before: expected all reads of a unit of work before its writes`,
      );
  }

  /** Hands the writes to a transaction, in the order in which the handler made them. */
  apply(transaction: Transaction): void {
    for (const write of this.#writes) write(transaction);
  }
}
