import type { DocumentName } from "./document-name.ts";
import type { Fields } from "./messages.ts";
import type { Narrowing } from "./narrowing.ts";

/** A stored document. No code changes one in place, so that a snapshot may keep it. */
export interface StoredDocument extends DocumentName {
  fields: Fields;
  /** Times of the commits that created and last changed the document, in microseconds since 1970. */
  createMicros: number;
  updateMicros: number;
}

/** The change of one document by one commit. `before` is absent for a new one, `after` for a deleted one. */
export interface Change {
  place: DocumentName;
  before: StoredDocument | undefined;
  after: StoredDocument | undefined;
}

/** The parts of a query that help to find its documents without looking at all others. */
export interface Wanted {
  narrowing: Narrowing;
  /** Field of the result's first order; undefined for the order of names. */
  orderBy: { key: string; path: readonly string[] } | undefined;
  descending: boolean;
  /** Number of the first documents that are needed; Infinity for all. */
  count: number;
}

/**
 * Documents, wanted ones and others. Documents with steps come in the wanted order. The documents of one step are next
 * to each other, in no order among themselves.
 */
export type Walk = Iterable<{ document: StoredDocument; step: string | undefined }>;

/**
 * The documents as they are, or as they were at one moment. A reader must finish before it awaits anything: a commit in
 * between would change the rest of the view.
 */
export interface DocumentView {
  get(place: { collection: string; id: string }): StoredDocument | undefined;
  /** Returns walks that together give every wanted document of a collection, perhaps repeatedly, and other ones. */
  walks(collection: string, wanted: Wanted): Iterable<Walk>;
  size(collection: string): number;
  collectionPaths(): Iterable<string>;
}
