import type { DocumentName } from "./document-name.ts";
import type { Fields } from "./messages.ts";
import type { Narrowing } from "./narrowing.ts";

/** A stored document; never changed in place, so that a snapshot may keep it. Times in microseconds since 1970. */
export interface StoredDocument extends DocumentName {
  fields: Fields;
  createMicros: number;
  updateMicros: number;
}

/** What one commit did to one document. */
export interface Change {
  place: DocumentName;
  before: StoredDocument | undefined;
  after: StoredDocument | undefined;
}

/** What helps to find a query's documents without looking at all others. */
export interface Wanted {
  narrowing: Narrowing;
  /** The field by which the result is ordered first; undefined for the order of names. */
  orderBy: { key: string; path: readonly string[] } | undefined;
  descending: boolean;
  /** How many of the first documents are needed; Infinity for all. */
  count: number;
}

/**
 * Documents, some of which are wanted. Where there are steps, they come in the wanted order: those of one step
 * are next to each other, in no order among themselves.
 */
export type Walk = Iterable<{ document: StoredDocument; step: string | undefined }>;

/**
 * What reads need: the documents as they are, or as they were at one moment. To be read to the end before
 * anything is awaited: a commit in between would show in what is still to be read.
 */
export interface DocumentView {
  get(place: { collection: string; id: string }): StoredDocument | undefined;
  /** Together they give every document of the collection that is wanted, perhaps more than once, and others. */
  walks(collection: string, wanted: Wanted): Iterable<Walk>;
  size(collection: string): number;
  collectionPaths(): Iterable<string>;
}
