/** A field's place in an index. */
export interface IndexedField {
  field: string;
  order: "ASCENDING" | "DESCENDING";
}

/** An index over several fields of a collection. */
export interface CompositeIndex {
  collection: string;
  fields: readonly IndexedField[];
}

/** An index over one field of a collection, or over the values of a list. */
export interface FieldIndex {
  collection: string;
  field: string;
  kind: "ascending" | "contains";
}

/** What Firestore is to keep besides the documents themselves, and what of them it deletes. */
export interface Indexes {
  composite: readonly CompositeIndex[];
  fields: readonly FieldIndex[];
  /** Documents of these are deleted some time after the time in `TTL_FIELD`. */
  expiring: readonly string[];
}
