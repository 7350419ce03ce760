import type { Change, DocumentView } from "../documents/stored-document.ts";
import { CurrentDocuments } from "./current-documents.ts";
import type { DocumentStorage } from "./document-storage.ts";
import type { Collection, SizedDocument } from "./document-tables.ts";
import { History } from "./history.ts";

/**
 * Step by which commit times are reserved in advance. Most commits then need not store their time. A later run begins
 * after the reserved time, at most this far in the future, whatever its clock shows.
 */
const RESERVE_MICROS = 1_000_000;

/** Parts of a commit that memory has to learn from. */
interface WrittenCommit {
  added: ReadonlyMap<string, Collection>;
  written: readonly SizedDocument[];
  reservedMicros: number;
}

/** The documents of one database as they are and as they were, and the times of its commits. */
export class DocumentStore {
  readonly #documents: DocumentStorage;
  readonly #database: string;
  readonly #now: () => number;
  readonly #current: CurrentDocuments;
  readonly #history: History;
  #reservedMicros: number;
  #lastMicros: number;

  /** @param now the clock, in milliseconds since 1970 */
  constructor(documents: DocumentStorage, database: string, now: () => number) {
    this.#documents = documents;
    this.#database = database;
    this.#now = now;
    this.#current = new CurrentDocuments(documents, database);
    this.#reservedMicros = documents.tables.reservedMicros(database);
    this.#lastMicros = this.#reservedMicros;
    // The history of earlier runs is lost.
    this.#history = new History(this.#lastMicros);
  }

  get current(): DocumentView {
    return this.#current;
  }

  /**
   * Returns the documents as they were at a moment.
   * @throws RpcError FAILED_PRECONDITION when the moment is too long ago
   */
  at(micros: number): DocumentView {
    return this.#history.viewAt(micros, this.#current);
  }

  /** Returns the time of a read that starts now. Every later commit has a greater time. */
  readMicros(): number {
    this.#lastMicros = Math.max(this.#lastMicros, Math.floor(this.#now() * 1000));
    return this.#lastMicros;
  }

  /** Returns the time of a commit that is made now: greater than any time given out before. */
  nextCommitMicros(): number {
    return Math.max(this.#lastMicros + 1, Math.floor(this.#now() * 1000));
  }

  /**
   * Applies all changes of a commit at once. Documents change nowhere else.
   * @throws Error when the changes cannot be written, for example on a full disk; then nothing has changed
   */
  apply(changes: readonly Change[], commitMicros: number): void {
    const commit = this.#write(changes, commitMicros);
    this.#lastMicros = commitMicros;
    this.#reservedMicros = commit.reservedMicros;
    this.#history.record(changes, commitMicros);
    this.#current.update(changes, commit);
  }

  /** Drops replaced documents that no snapshot needs; undefined when no snapshot is open. */
  forgetBefore(snapshotMicros: number | undefined): void {
    this.#history.forgetBefore(snapshotMicros);
  }

  documentCount(): number {
    return this.#current.documentCount();
  }

  /** Writes all changes to the tables, or throws and writes none. */
  #write(changes: readonly Change[], micros: number): WrittenCommit {
    const { storage, indexes } = this.#documents;
    const added = new Map<string, Collection>();
    const written: SizedDocument[] = [];
    const reservedMicros = micros <= this.#reservedMicros ? this.#reservedMicros : micros + RESERVE_MICROS;
    const run = () => {
      for (const change of changes) {
        if (change.before !== change.after) this.#writeChange(change, added, written);
      }
      if (reservedMicros > this.#reservedMicros) {
        this.#documents.tables.reserveMicros(this.#database, reservedMicros);
      }
    };
    const [change, second] = changes;
    const collection = change && !second && this.#current.collection(change.place.collection);
    const isOneStatement =
      collection && !indexes.hasAny(collection.number) && reservedMicros === this.#reservedMicros;
    if (isOneStatement) run();
    else storage.transaction(run);
    return { added, written, reservedMicros };
  }

  #writeChange(change: Change, added: Map<string, Collection>, written: SizedDocument[]): void {
    const { tables, indexes } = this.#documents;
    const { place, after } = change;
    const { number } = this.#collectionFor(place.collection, added);
    if (after) written.push({ document: after, bytes: tables.put(number, after) });
    else tables.delete(number, place.id);
    indexes.follow(number, change);
  }

  /** Returns a collection, and adds one that is new. */
  #collectionFor(path: string, added: Map<string, Collection>): Collection {
    const known = this.#current.collection(path) ?? added.get(path);
    if (known) return known;
    const number = this.#documents.tables.addCollection(this.#database, path);
    const collection = { number, database: this.#database, path, size: 0 };
    added.set(path, collection);
    return collection;
  }
}
