import { createHistory } from "./history.ts";
import type { Change, DocumentView, StoredDocument } from "./stored-document.ts";

export type DocumentStore = ReturnType<typeof createDocumentStore>;

/**
 * The documents of one database, in memory: a map per collection, so that get and commit cost the same
 * however many there are, and a query scans one collection. `now` gives milliseconds since 1970.
 */
export function createDocumentStore(now: () => number) {
  const collections = new Map<string, Map<string, StoredDocument>>();
  const history = createHistory();
  let lastMicros = 0;
  let size = 0;

  const current: DocumentView = {
    get: ({ collection, id }) => collections.get(collection)?.get(id),
    collection: path => collections.get(path)?.values() ?? [],
    collectionPaths: () => collections.keys(),
  };

  function put({ place, before, after }: Change): void {
    const documents = collections.get(place.collection) ?? new Map<string, StoredDocument>();
    if (after) {
      collections.set(place.collection, documents.set(place.id, after));
    } else if (documents.delete(place.id) && documents.size === 0) {
      collections.delete(place.collection);
    }
    size += Number(after !== undefined) - Number(before !== undefined);
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
    /** The one place where documents change: all of a commit's changes, at once. */
    apply(changes: readonly Change[], commitMicros: number): void {
      lastMicros = commitMicros;
      history.record(changes, commitMicros);
      for (const change of changes) put(change);
    },
    /** Lets go of replaced documents that no snapshot needs; undefined when no snapshot is open. */
    forgetBefore: history.forgetBefore,
    documentCount: () => size,
  };
}
