import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { openStorage } from "../../storage.ts";
import { alikeScalar, alikeValue, anyValue, mapOf } from "../../test/firestore-values.ts";
import { parseDocumentName } from "../documents/document-name.ts";
import type { Fields, Filter, StructuredQuery, Value } from "../documents/messages.ts";
import type { DocumentView, StoredDocument } from "../documents/stored-document.ts";
import { openDocuments } from "../store/document-storage.ts";
import { DocumentStore } from "../store/document-store.ts";
import { matching, parseQuery, runQuery } from "./query.ts";

const DATABASE = "projects/p/databases/d";
const ROOT = { database: DATABASE, path: "" };

const value = fc.oneof(alikeValue, anyValue);
const paths = fc.constantFrom("x", "y", "n.x");
const collections = fc.constantFrom("c", "c", "c", "p/1/c");
const operators = fc.constantFrom(
  ...["EQUAL", "EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL"],
  ...["ARRAY_CONTAINS", "IN", "ARRAY_CONTAINS_ANY", "NOT_EQUAL", "NOT_IN", "IS_NULL", "IS_NAN"],
  ...["IS_NOT_NULL", "IS_NOT_NAN"],
);
const nameValue = fc.nat({ max: 9 }).map((id): Value => {
  return { valueType: "referenceValue", referenceValue: `${DATABASE}/documents/c/${id}` };
});
const orders = fc.tuple(fc.oneof(paths, fc.constant("__name__")), fc.constantFrom("ASCENDING", "DESCENDING"));

const fieldFilter = fc
  .tuple(paths, operators, fc.array(value, { minLength: 1, maxLength: 3 }))
  .map(([fieldPath, op, values]): Filter => {
    const field = { fieldPath };
    if (op.startsWith("IS_")) return { unaryFilter: { field, op } };
    const isList = op.endsWith("IN") || op.endsWith("ANY");
    const list: Value = { valueType: "arrayValue", arrayValue: { values } };
    return { fieldFilter: { field, op, value: isList ? list : (values[0] ?? list) } };
  });
const nameFilter = fc
  .tuple(fc.constantFrom("EQUAL", "LESS_THAN", "GREATER_THAN_OR_EQUAL"), nameValue)
  .map(([op, value]): Filter => ({ fieldFilter: { field: { fieldPath: "__name__" }, op, value } }));
/** Two necessary conditions on one field, which an index search could wrongly join. */
const sameField = fc
  .tuple(
    fc.constantFrom("ARRAY_CONTAINS", "ARRAY_CONTAINS", "GREATER_THAN_OR_EQUAL"),
    alikeScalar,
    alikeScalar,
  )
  .map(([op, first, second]): Filter => {
    const [one, two] = [first, second].map(operand => ({
      fieldFilter: { field: { fieldPath: "x" }, op, value: operand },
    }));
    return { compositeFilter: { op: "AND", filters: one && two ? [one, two] : [] } };
  });
const composite = (op: string, of: fc.Arbitrary<Filter>) =>
  fc
    .array(of, { minLength: 1, maxLength: 3 })
    .map((filters): Filter => ({ compositeFilter: { op, filters } }));
const filters = fc.oneof(
  fieldFilter,
  { weight: 2, arbitrary: sameField },
  composite("AND", fc.oneof({ weight: 4, arbitrary: fieldFilter }, nameFilter)),
  composite("OR", fieldFilter),
  composite("AND", composite("OR", fieldFilter)),
);

/** Queries whose first cursor value is a name where the first order is by name. */
const queries = fc
  .record({
    allDescendants: fc.boolean(),
    where: fc.option(filters, { nil: undefined, freq: 9 }),
    order: fc.option(orders, { nil: undefined }),
    offset: fc.nat({ max: 2 }),
    limit: fc.option(fc.nat({ max: 4 }), { nil: undefined }),
    edge: fc.constantFrom("startAt", "endAt", undefined, undefined),
    before: fc.boolean(),
    value,
    name: nameValue,
  })
  .map(({ allDescendants, where, order, offset, limit, edge, before, value, name }): StructuredQuery => {
    const values = [order && order[0] !== "__name__" ? value : name];
    return {
      from: [{ collectionId: "c", allDescendants }],
      ...(where && { where }),
      ...(order && { orderBy: [{ field: { fieldPath: order[0] }, direction: order[1] }] }),
      ...(edge && order && { [edge]: { values, before } }),
      ...(limit !== undefined && { limit: { value: limit } }),
      offset,
    };
  });

const anyFields = fc
  .record(
    {
      x: value,
      y: value,
      n: fc.oneof(
        value,
        value.map(x => mapOf({ x })),
      ),
    },
    { requiredKeys: [] },
  )
  .map(fields => fields as Fields);
const writes = fc.record({
  kind: fc.constant("write" as const),
  collection: collections,
  id: fc.nat({ max: 9 }).map(String),
  fields: fc.option(anyFields, { nil: undefined }),
});
const reads = fc.record({
  kind: fc.constantFrom("read" as const, "read" as const, "past" as const, "remember" as const),
  query: queries,
});

/** First writes: enough similar documents that most queries find several. */
const beginning = fc.array(
  fc.record({
    kind: fc.constant("write" as const),
    collection: fc.constant("c"),
    id: fc.nat({ max: 15 }).map(String),
    fields: fc.record({ x: alikeValue, y: alikeValue }),
  }),
  { minLength: 15, maxLength: 15 },
);

test("finds the same by indexes as by a scan, present and past", () => {
  const storage = openStorage();
  const store = new DocumentStore(openDocuments(storage, 0), DATABASE, () => 0);
  fc.assert(
    fc.property(
      beginning,
      fc.array(fc.oneof(writes, reads, reads), { minLength: 10, maxLength: 40, size: "max" }),
      (first, then) => {
        const all = new Map<string, StoredDocument>();
        let past = { micros: store.readMicros(), documents: [...all.values()] };
        for (const step of [...first, ...then]) {
          if (step.kind === "write") write(store, all, step);
          else if (step.kind === "read") compare(store.current, step.query, [...all.values()]);
          else if (step.kind === "past") compare(store.at(past.micros), step.query, past.documents);
          else past = { micros: store.readMicros(), documents: [...all.values()] };
        }
        // The indexes remain for the next run of the property.
        for (const { collection, id } of [...all.values()])
          write(store, all, { collection, id, fields: undefined });
      },
    ),
    { numRuns: 150 },
  );
  storage.close();
});

type WriteStep = { collection: string; id: string; fields: Fields | undefined };

function write(store: DocumentStore, all: Map<string, StoredDocument>, step: WriteStep): void {
  const place = parseDocumentName(`${DATABASE}/documents/${step.collection}/${step.id}`);
  const before = all.get(place.path);
  const updateMicros = store.nextCommitMicros();
  const createMicros = before?.createMicros ?? updateMicros;
  const after = step.fields && { ...place, fields: step.fields, createMicros, updateMicros };
  store.apply([{ place, before, after }], updateMicros);
  if (after) all.set(place.path, after);
  else all.delete(place.path);
}

function compare(view: DocumentView, structured: StructuredQuery, all: readonly StoredDocument[]): void {
  const query = accepted(structured);
  if (!query) return;
  const expected = all
    .filter(document => query.covers(document.collection) && query.matches(document))
    .sort(query.compare)
    .map(({ path }) => path);
  const { documents } = runQuery(view, query);
  expect(documents.map(({ path }) => path)).toEqual(expected.slice(query.offset, query.offset + query.limit));
  if (query.limit === Number.POSITIVE_INFINITY) {
    expect([...matching(view, query)].map(({ path }) => path).sort()).toEqual(expected.sort());
  }
}

/** Parses a query; undefined when the service would refuse it, for example for two negations. */
function accepted(structured: StructuredQuery) {
  try {
    return parseQuery(ROOT, structured);
  } catch {
    return undefined;
  }
}
