// The parts of google.firestore.v1 that the emulator reads and writes, as the wire layer delivers them.

export interface Timestamp {
  seconds?: string;
  nanos?: number;
}

export type Fields = Record<string, Value>;

export type Value =
  | { valueType: "nullValue"; nullValue: "NULL_VALUE" }
  | { valueType: "booleanValue"; booleanValue: boolean }
  | { valueType: "integerValue"; integerValue: string }
  | { valueType: "doubleValue"; doubleValue: number }
  | { valueType: "timestampValue"; timestampValue: Timestamp }
  | { valueType: "stringValue"; stringValue: string }
  | { valueType: "bytesValue"; bytesValue: Buffer }
  | { valueType: "referenceValue"; referenceValue: string }
  | {
      valueType: "geoPointValue";
      geoPointValue: { latitude?: number; longitude?: number };
    }
  | { valueType: "arrayValue"; arrayValue: ArrayValue }
  | { valueType: "mapValue"; mapValue: { fields?: Fields } };

export interface ArrayValue {
  values?: Value[];
}

export interface DocumentMask {
  fieldPaths?: string[];
}

/** A document on the wire. The times are absent in a client's write. */
export interface DocumentMessage {
  name?: string;
  fields?: Fields;
  createTime?: Timestamp;
  updateTime?: Timestamp;
}

export interface Precondition {
  exists?: boolean;
  updateTime?: Timestamp;
}

export interface FieldTransform {
  fieldPath?: string;
  setToServerValue?: string;
  increment?: Value;
  maximum?: Value;
  minimum?: Value;
  appendMissingElements?: ArrayValue;
  removeAllFromArray?: ArrayValue;
}

export interface Write {
  update?: DocumentMessage;
  delete?: string;
  transform?: { document?: string; fieldTransforms?: FieldTransform[] };
  updateMask?: DocumentMask;
  updateTransforms?: FieldTransform[];
  currentDocument?: Precondition;
}

export interface WriteResult {
  updateTime?: Timestamp;
  transformResults?: Value[];
}

export interface TransactionOptions {
  readOnly?: { readTime?: Timestamp };
  readWrite?: { retryTransaction?: Buffer };
}

/** The consistency that a read asks for: at most one of the three is set. */
export interface Consistency {
  transaction?: Buffer;
  newTransaction?: TransactionOptions;
  readTime?: Timestamp;
}

export interface FieldReference {
  fieldPath?: string;
}

export interface Filter {
  compositeFilter?: { op?: string; filters?: Filter[] };
  fieldFilter?: { field?: FieldReference; op?: string; value?: Value };
  unaryFilter?: { field?: FieldReference; op?: string };
}

export interface Cursor {
  values?: Value[];
  before?: boolean;
}

export interface StructuredQuery {
  select?: { fields?: FieldReference[] };
  from?: Array<{ collectionId?: string; allDescendants?: boolean }>;
  where?: Filter;
  orderBy?: Array<{ field?: FieldReference; direction?: string }>;
  startAt?: Cursor;
  endAt?: Cursor;
  offset?: number;
  limit?: { value?: number };
  findNearest?: unknown;
}

export interface Aggregation {
  alias?: string;
  count?: { upTo?: { value?: string } };
  sum?: { field?: FieldReference };
  avg?: { field?: FieldReference };
}

/** The documents or query that a listener watches. At most one of `resumeToken` and `readTime` is set. */
export interface Target {
  targetId?: number;
  query?: { parent?: string; structuredQuery?: StructuredQuery };
  documents?: { documents?: string[] };
  resumeToken?: Buffer;
  readTime?: Timestamp;
  once?: boolean;
}

export interface ListenRequest {
  database?: string;
  addTarget?: Target;
  removeTarget?: number;
}

export interface TargetChange {
  targetChangeType: "NO_CHANGE" | "ADD" | "REMOVE" | "CURRENT" | "RESET";
  targetIds?: number[];
  cause?: { code: number; message: string };
  resumeToken?: Buffer;
  readTime?: Timestamp;
}

export interface DocumentGone {
  document: string;
  removedTargetIds: number[];
  readTime: Timestamp;
}

/** A response of Listen: exactly one of the fields is set. */
export interface ListenResponse {
  targetChange?: TargetChange;
  documentChange?: { document: DocumentMessage; targetIds: number[] };
  documentDelete?: DocumentGone;
  documentRemove?: DocumentGone;
}
