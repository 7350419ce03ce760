import { failedPrecondition } from "../rpc-error.ts";
import type { CompositeIndex, Indexes } from "./index-definitions.ts";
import type { Aggregation, Filter, StructuredQuery } from "./messages.ts";

interface Asked {
  collection: string;
  /** Fields that are compared for being equal, or for holding a value. */
  equal: string[];
  contains: string[];
  /** What the answer is ordered by, as the service completes it: compared fields first, without the name. */
  orders: { field: string; order: "ASCENDING" | "DESCENDING" }[];
  /** What is added up: the index has to hold it. */
  summed: string[];
}

const EQUALITIES = ["EQUAL", "IN"];
const CONTAINS = ["ARRAY_CONTAINS", "ARRAY_CONTAINS_ANY"];
const NAME = "__name__";

/**
 * Refuses, as production does, a query for which no index was planned; by itself every single field has one, here none.
 * It asks for a little more than the service: of several indexes that could be merged, each field's own is known.
 * https://cloud.google.com/firestore/docs/query-data/index-overview
 * @throws RpcError FAILED_PRECONDITION that names the index
 */
export function demandIndex(
  query: StructuredQuery,
  aggregations: readonly Aggregation[],
  indexes: Indexes,
): void {
  const asked = askedBy(query, aggregations);
  const missing = missingFor(asked, indexes);
  if (missing.length === 0) return;
  throw failedPrecondition(
    `The query requires an index: ${asked.collection}(${missing.join(", ")}). Add it to scripts/plan/indexes.ts.`,
  );
}

function askedBy(query: StructuredQuery, aggregations: readonly Aggregation[]): Asked {
  const compared = filtersIn(query.where);
  const fieldsWith = (wanted: (op: string) => boolean) => [
    ...new Set(compared.filter(({ op }) => wanted(op)).map(({ field }) => field)),
  ];
  const equal = fieldsWith(op => EQUALITIES.includes(op));
  const contains = fieldsWith(op => CONTAINS.includes(op));
  const ranges = fieldsWith(op => !EQUALITIES.includes(op) && !CONTAINS.includes(op));
  const given = (query.orderBy ?? []).map(({ field, direction }) => ({
    field: field?.fieldPath ?? "",
    order: direction === "DESCENDING" ? ("DESCENDING" as const) : ("ASCENDING" as const),
  }));
  const implied = ranges.filter(range => !given.some(({ field }) => field === range));
  const orders = [...given, ...implied.map(field => ({ field, order: "ASCENDING" as const }))];
  return {
    collection: query.from?.[0]?.collectionId ?? "",
    equal: equal.filter(field => field !== NAME),
    contains,
    // A field that must be equal orders nothing.
    orders: orders.filter(({ field }) => field !== NAME && !equal.includes(field)),
    summed: aggregations.flatMap(({ sum, avg }) => (sum ?? avg)?.field?.fieldPath ?? []),
  };
}

function filtersIn(filter: Filter | undefined): { field: string; op: string }[] {
  if (filter?.compositeFilter) return (filter.compositeFilter.filters ?? []).flatMap(filtersIn);
  const { field, op = "" } = filter?.fieldFilter ?? filter?.unaryFilter ?? {};
  return field ? [{ field: field.fieldPath ?? "", op: op === "IS_NULL" ? "EQUAL" : op }] : [];
}

/** What an index would have to hold; nothing when there is one. */
function missingFor({ collection, equal, contains, orders, summed }: Asked, indexes: Indexes): string[] {
  const own = (field: string, kind: "ascending" | "contains") =>
    indexes.fields.some(each => each.collection === collection && each.field === field && each.kind === kind);
  if (orders.length === 0 && summed.length === 0) {
    const lacking = [
      ...equal.filter(field => !own(field, "ascending")),
      ...contains.filter(field => !own(field, "contains")).map(field => `${field} contains`),
    ];
    if (lacking.length === 0) return [];
    return indexes.composite.some(each => covers(each, { collection, equal, tail: [] })) ? [] : lacking;
  }
  const tail = [
    ...orders,
    ...summed.filter(field => !equal.includes(field)).map(field => ({ field, order: "ASCENDING" as const })),
  ];
  const [only] = tail;
  const isSingle = equal.length === 0 && contains.length === 0 && tail.length === 1;
  if (isSingle && only?.order === "ASCENDING" && own(only.field, "ascending")) return [];
  if (contains.length === 0 && indexes.composite.some(each => covers(each, { collection, equal, tail })))
    return [];
  return [...equal, ...contains, ...tail.map(({ field, order }) => `${field} ${order.toLowerCase()}`)];
}

/** Equal fields first, in any order; then those that order, as they do. */
function covers(
  { collection, fields }: CompositeIndex,
  asked: { collection: string; equal: readonly string[]; tail: Asked["orders"] },
): boolean {
  if (collection !== asked.collection) return false;
  const first = fields.slice(0, asked.equal.length).map(({ field }) => field);
  const rest = fields.slice(asked.equal.length);
  return (
    asked.equal.every(field => first.includes(field)) &&
    // What comes after, an index may hold besides: without an order it does no harm.
    (asked.tail.length === 0 || rest.length === asked.tail.length) &&
    asked.tail.every(
      ({ field, order }, index) => rest[index]?.field === field && rest[index]?.order === order,
    )
  );
}
