import { invalidArgument } from "../rpc-error.ts";
import type { ParentName } from "./document-name.ts";
import { parseFieldPath, pickFields } from "./field-path.ts";
import { compileFilter } from "./filter.ts";
import type { Fields, StructuredQuery } from "./messages.ts";
import { compareDocuments, completeOrders, cursorTest } from "./order.ts";
import { unimplemented } from "./refusals.ts";
import type { DocumentView, StoredDocument } from "./stored-document.ts";

export interface Query {
  /** The same question has the same key. */
  key: string;
  /** Whether a collection's documents are asked for at all. */
  covers(collection: string): boolean;
  /** The only collection asked for, unless the query spans several. */
  collection: string | undefined;
  /** Everything but offset and limit. */
  matches(document: StoredDocument): boolean;
  compare(left: StoredDocument, right: StoredDocument): number;
  offset: number;
  limit: number;
  project(fields: Fields): Fields;
}

export interface QueryResult {
  documents: StoredDocument[];
  /** What a transaction has to lock: a document that satisfies this would change the result. */
  affects(document: StoredDocument): boolean;
}

/** Reads a structured query. Throws INVALID_ARGUMENT, or UNIMPLEMENTED for a vector search. */
export function parseQuery(parent: ParentName, query: StructuredQuery): Query {
  if (query.findNearest) throw unimplemented("vector search");
  const scope = parseScope(parent, query.from ?? []);
  const filter = compileFilter(query.where);
  const orders = completeOrders(query.orderBy, filter.inequalities);
  const afterStart = cursorTest(orders, query.startAt, "start");
  const beforeEnd = cursorTest(orders, query.endAt, "end");
  const offset = query.offset ?? 0;
  const limit = query.limit ? (query.limit.value ?? 0) : Number.POSITIVE_INFINITY;
  if (offset < 0) throw invalidArgument("offset is negative");
  if (limit < 0) throw invalidArgument("limit is negative");
  return {
    key: JSON.stringify([parent.path, query]),
    ...scope,
    matches: document =>
      filter.matches(document) &&
      orders.every(({ field }) => field.read(document) !== undefined) &&
      afterStart(document) &&
      beforeEnd(document),
    compare: (left, right) => compareDocuments(orders, left, right),
    offset,
    limit,
    project: projection(query.select),
  };
}

/** Runs a query; a scan of the collections it covers. */
export function runQuery(view: DocumentView, query: Query): QueryResult {
  const found: StoredDocument[] = [];
  const paths =
    query.collection === undefined ? [...view.collectionPaths()].filter(query.covers) : [query.collection];
  for (const path of paths) {
    for (const document of view.collection(path)) if (query.matches(document)) found.push(document);
  }
  found.sort(query.compare);
  const documents = found.slice(query.offset, query.offset + query.limit);
  const last = documents.length === query.limit ? documents.at(-1) : undefined;
  return {
    documents,
    affects: document =>
      query.covers(document.collection) &&
      query.matches(document) &&
      (last === undefined || query.compare(document, last) <= 0),
  };
}

function parseScope(parent: ParentName, from: NonNullable<StructuredQuery["from"]>) {
  const [selector, second] = from;
  if (second) throw invalidArgument("A query can select from one collection only.");
  const { collectionId = "", allDescendants = false } = selector ?? {};
  const prefix = parent.path === "" ? "" : `${parent.path}/`;
  if (collectionId !== "" && !allDescendants) {
    const path = prefix + collectionId;
    return {
      collection: path,
      covers: (collection: string) => collection === path,
    };
  }
  const covers = (collection: string) => {
    if (!collection.startsWith(prefix)) return false;
    const ids = collection.slice(prefix.length).split("/");
    return (allDescendants || ids.length === 1) && (collectionId === "" || ids.at(-1) === collectionId);
  };
  return { collection: undefined, covers };
}

function projection(select: StructuredQuery["select"]): (fields: Fields) => Fields {
  if (!select) return fields => fields;
  const names = (select.fields ?? []).map(field => field.fieldPath ?? "").filter(name => name !== "__name__");
  const paths = names.map(parseFieldPath);
  return fields => pickFields(fields, paths);
}
