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

/** An index over one field of a collection; of kind "contains" over the elements of the field's list. */
export interface FieldIndex {
  collection: string;
  field: string;
  kind: "ascending" | "contains";
}

/**
 * The indexes of a database, and its collections with a time to live. Every field of every collection has automatic
 * indexes: ascending, descending, and over the elements of its list. Exempt collections have none of these.
 * https://cloud.google.com/firestore/docs/query-data/index-overview
 */
export interface Indexes {
  composite: readonly CompositeIndex[];
  /** Collections without automatic indexes. */
  exempt: readonly string[];
  /** The only indexes on single fields of exempt collections. */
  fields: readonly FieldIndex[];
  /** Collections whose documents are deleted some time after the time in their TTL field. */
  expiring: readonly string[];
}
