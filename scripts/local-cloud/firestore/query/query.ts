import { invalidArgument } from "../../rpc-error.ts";
import type { ParentName } from "../documents/document-name.ts";
import { parseFieldPath, pickFields } from "../documents/field-path.ts";
import type { Fields, StructuredQuery } from "../documents/messages.ts";
import { allOf, isName } from "../documents/narrowing.ts";
import { unimplemented } from "../documents/refusals.ts";
import type { DocumentView, StoredDocument, Walk, Wanted } from "../documents/stored-document.ts";
import { compileFilter } from "./filter.ts";
import type { Order } from "./order.ts";
import { compareDocuments, completeOrders, cursorNarrowing, cursorTest } from "./order.ts";

export interface Query {
  /** Parent path and query as JSON: equal queries have equal keys. */
  key: string;
  /** Tells whether the query looks at a collection. */
  covers(collection: string): boolean;
  /** The query's only collection; undefined when the query spans several. */
  collection: string | undefined;
  /** Tells whether the query finds a document, apart from offset and limit. */
  matches(document: StoredDocument): boolean;
  /** Bounds that narrow the search; `matches` decides. */
  wanted: Wanted;
  /** True when the query asks for every document of its collections. */
  isWhole: boolean;
  compare(left: StoredDocument, right: StoredDocument): number;
  offset: number;
  limit: number;
  project(fields: Fields): Fields;
}

export interface QueryResult {
  documents: StoredDocument[];
  /** Tells whether a document would change the result. A transaction locks this predicate. */
  affects(document: StoredDocument): boolean;
}

/**
 * Reads a structured query.
 * @throws RpcError INVALID_ARGUMENT, or UNIMPLEMENTED for a vector search
 */
export function parseQuery(parent: ParentName, query: StructuredQuery): Query {
  if (query.findNearest) throw unimplemented("vector search");
  const scope = parseScope(parent, query.from ?? []);
  const filter = compileFilter(query.where);
  const orders = completeOrders(query.orderBy, filter.inequalities);
  const afterStart = cursorTest(orders, query.startAt, "start");
  const beforeEnd = cursorTest(orders, query.endAt, "end");
  const offset = query.offset ?? 0;
  const limit = query.limit ? (query.limit.value ?? 0) : Number.POSITIVE_INFINITY;
  const narrowing = allOf([
    filter.narrowing,
    cursorNarrowing(orders, query.startAt, "start"),
    cursorNarrowing(orders, query.endAt, "end"),
  ]);
  const isWhole = !query.where && orders.length === 1 && !query.startAt && !query.endAt;
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
    wanted: { narrowing, ...firstOrder(orders), count: offset + limit },
    isWhole: isWhole && offset === 0 && limit === Number.POSITIVE_INFINITY && isByName(orders),
    compare: (left, right) => compareDocuments(orders, left, right),
    offset,
    limit,
    project: projection(query.select),
  };
}

const isByName = ([order]: readonly Order[]) => order !== undefined && isName(order.field);

function firstOrder(orders: readonly Order[]): Pick<Wanted, "orderBy" | "descending"> {
  const [order] = orders;
  const orderBy = order && !isName(order.field) ? order.field : undefined;
  return { orderBy, descending: order?.sign === -1 };
}

/** Runs a query. With a limit it keeps at most 2 * (offset + limit) + MIN_KEPT documents in memory. */
export function runQuery(view: DocumentView, query: Query): QueryResult {
  const { count } = query.wanted;
  let found: StoredDocument[] = [];
  for (const document of matching(view, query)) {
    found.push(document);
    if (found.length > 2 * count + MIN_KEPT) found = found.sort(query.compare).slice(0, count);
  }
  const documents = found.sort(query.compare).slice(query.offset, count);
  const last = documents.length === query.limit ? documents.at(-1) : undefined;
  return { documents, affects: document => affects(query, document, last) };
}

/** Found documents beyond twice the wanted count before a sort drops the rest: fewer are not worth sorting. */
const MIN_KEPT = 200;

/** Finds a query's documents without offset and limit, each once and in no order. */
export function* matching(view: DocumentView, query: Query): Generator<StoredDocument> {
  for (const path of pathsOf(view, query)) {
    const walks = [...view.walks(path, query.wanted)];
    // Several walks may give the same document.
    const seen = walks.length > 1 ? new Set<string>() : undefined;
    for (const walk of walks) {
      for (const document of matchingIn(walk, query)) {
        if (seen?.has(document.id)) continue;
        seen?.add(document.id);
        yield document;
      }
    }
  }
}

/** Counts the documents of a query that asks for all of its collections. */
export function countWhole(view: DocumentView, query: Query): number {
  return [...pathsOf(view, query)].reduce((sum, path) => sum + view.size(path), 0);
}

/** Returns the predicate that a transaction locks after it has seen all documents of a query. */
export const affectsAll = (query: Query) => (document: StoredDocument) => affects(query, document, undefined);

function affects(query: Query, document: StoredDocument, last: StoredDocument | undefined): boolean {
  return (
    query.covers(document.collection) &&
    query.matches(document) &&
    (last === undefined || query.compare(document, last) <= 0)
  );
}

function pathsOf(view: DocumentView, query: Query): Iterable<string> {
  return query.collection === undefined
    ? [...view.collectionPaths()].filter(query.covers)
    : [query.collection];
}

/** Finds the matching documents of a walk. A walk in the result's order ends once it has given enough of them. */
function* matchingIn(walk: Walk, { matches, wanted }: Query): Generator<StoredDocument> {
  let found = 0;
  let lastStep: string | undefined;
  for (const { document, step } of walk) {
    if (step !== undefined && step !== lastStep && found >= wanted.count) return;
    if (!matches(document)) continue;
    found++;
    lastStep = step;
    yield document;
  }
}

function parseScope(parent: ParentName, from: NonNullable<StructuredQuery["from"]>) {
  const [selector, second] = from;
  if (second) throw invalidArgument("Query has several collection selectors: expected at most one.");
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
