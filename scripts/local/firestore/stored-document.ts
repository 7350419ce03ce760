import type { DocumentName } from "./document-name.ts";
import type { Fields } from "./messages.ts";

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

/** What reads need: the documents as they are, or as they were at one moment. */
export interface DocumentView {
  get(place: { collection: string; id: string }): StoredDocument | undefined;
  collection(path: string): Iterable<StoredDocument>;
  collectionPaths(): Iterable<string>;
}
