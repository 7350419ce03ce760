import type { Storage } from "../storage.ts";
import type { Collection, DocumentTables, SizedDocument } from "./document-tables.ts";
import { createDocumentTables } from "./document-tables.ts";
import type { FieldIndexes } from "./field-indexes.ts";
import { createFieldIndexes } from "./field-indexes.ts";
import { createHistory } from "./history.ts";
import type { PlannedWalk } from "./query-plan.ts";
import { planScan, planWalks } from "./query-plan.ts";
import { createRecentDocuments } from "./recent-documents.ts";
import type { Change, DocumentView, StoredDocument } from "./stored-document.ts";

export type DocumentStore = ReturnType<typeof createDocumentStore>;

/** Looking at this many documents costs less than a millisecond: no index is made for fewer. */
const INDEX_FROM_SIZE = 100;

/**
 * The time up to which commits may go without it being written down: a later run begins after that, at most
 * this far in the future, whatever its clock says.
 */
const RESERVE_MICROS = 1_000_000;

/** What the stores of all databases of one server share. */
export interface DocumentStorage {
  storage: Storage;
  tables: DocumentTables;
  indexes: FieldIndexes;
  indexFromSize: number;
}

/** Opens the documents in a storage, those of an earlier run among them. */
export function openDocuments(storage: Storage, indexFromSize = INDEX_FROM_SIZE): DocumentStorage {
  const tables = createDocumentTables(storage);
  return { storage, tables, indexes: createFieldIndexes(storage, tables), indexFromSize };
}

/**
 * The documents of one database, in the storage; memory holds the names of its collections, and what recent
 * commits replaced. `now` gives milliseconds since 1970.
 */
export function createDocumentStore(documents: DocumentStorage, database: string, now: () => number) {
  const { storage, tables, indexes, indexFromSize } = documents;
  const collections = new Map(tables.collections(database).map(found => [found.path, found]));
  let reservedMicros = tables.reservedMicros(database);
  let lastMicros = reservedMicros;
  let total = [...collections.values()].reduce((sum, { size }) => sum + size, 0);
  const recent = createRecentDocuments();
  // The past before this run is gone.
  const history = createHistory(lastMicros);

  const current: DocumentView = {
    get({ collection: path, id }) {
      const known = recent.get(`${path}/${id}`);
      if (known) return known;
      const collection = collections.get(path);
      const found = collection && tables.get(collection, id);
      if (found) recent.put(found);
      return found?.document;
    },
    walks(path, wanted) {
      const collection = collections.get(path);
      if (!collection || collection.size === 0) return [];
      const isSmall = collection.size < indexFromSize;
      const plan = isSmall ? planScan(collection, wanted) : planWalks(indexes, collection, wanted);
      return plan.map(planned => walk(documents, collection, planned));
    },
    size: path => collections.get(path)?.size ?? 0,
    *collectionPaths() {
      for (const { path, size } of collections.values()) if (size > 0) yield path;
    },
  };

  /** Writes everything or throws; gives back what memory has to know of it. */
  function write(changes: readonly Change[], micros: number) {
    const added = new Map<string, Collection>();
    const written: SizedDocument[] = [];
    const numberOf = (path: string): number => {
      const known = collections.get(path) ?? added.get(path);
      if (known) return known.number;
      const number = tables.addCollection(database, path);
      added.set(path, { number, database, path, size: 0 });
      return number;
    };
    const reserved = micros <= reservedMicros ? reservedMicros : micros + RESERVE_MICROS;
    const run = () => {
      for (const change of changes) {
        if (change.before === change.after) continue;
        const number = numberOf(change.place.collection);
        const { after } = change;
        if (after) written.push({ document: after, bytes: tables.put(number, after) });
        else tables.delete(number, change.place.id);
        indexes.follow(number, change);
      }
      if (reserved > reservedMicros) tables.reserveMicros(database, reserved);
    };
    const [change, second] = changes;
    const collection = change && !second && collections.get(change.place.collection);
    const isOneStatement = collection && !indexes.hasAny(collection.number) && reserved === reservedMicros;
    if (isOneStatement) run();
    else storage.transaction(run);
    return { added, written, reserved };
  }

  return {
    current,
    /** The documents as they were at that time. Throws FAILED_PRECONDITION when that is too long ago. */
    at: (micros: number): DocumentView => history.viewAt(micros, current),
    /** The time of a read that starts now: every later commit's time is greater. */
    readMicros: (): number => {
      lastMicros = Math.max(lastMicros, Math.floor(now() * 1000));
      return lastMicros;
    },
    /** The time that a commit made now would have: greater than any time given out before. */
    nextCommitMicros: (): number => Math.max(lastMicros + 1, Math.floor(now() * 1000)),
    /**
     * The one place where documents change: all of a commit's changes, at once. Throws when they cannot be
     * written, on a full disk for instance: then nothing has changed.
     */
    apply(changes: readonly Change[], commitMicros: number): void {
      const { added, written, reserved } = write(changes, commitMicros);
      for (const [path, collection] of added) collections.set(path, collection);
      written.forEach(recent.put);
      lastMicros = commitMicros;
      reservedMicros = reserved;
      history.record(changes, commitMicros);
      for (const { place, before, after } of changes) {
        if (!after) recent.delete(place.path);
        const growth = Number(after !== undefined) - Number(before !== undefined);
        const collection = collections.get(place.collection);
        if (collection) collection.size += growth;
        total += growth;
      }
    },
    /** Lets go of replaced documents that no snapshot needs; undefined when no snapshot is open. */
    forgetBefore: history.forgetBefore,
    documentCount: () => total,
  };
}

function* walk(
  { tables, indexes }: DocumentStorage,
  collection: Collection,
  { range, ids, descending, steps }: PlannedWalk,
): Generator<{ document: StoredDocument; step: string | undefined }, void> {
  if (!range) {
    for (const document of tables.walk(collection, ids, descending)) {
      yield { document, step: steps && document.id };
    }
    return;
  }
  for (const { document, key } of indexes.walk(collection, range, { ids, descending })) {
    yield { document, step: steps === "key" ? Buffer.from(key).toString("latin1") : steps && document.id };
  }
}
