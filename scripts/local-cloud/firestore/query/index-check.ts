import { failedPrecondition } from "../../rpc-error.ts";
import type { Aggregation, Filter, StructuredQuery } from "../documents/messages.ts";
import type { CompositeIndex, Indexes } from "./index-definitions.ts";

/** The parts of a query that an index has to serve. */
interface IndexDemand {
  collection: string;
  /** Fields compared for equality. */
  equal: string[];
  /** Fields whose list has to contain a value. */
  contains: string[];
  /** Order of the result as the service completes it: without the name, and without fields compared for equality. */
  orders: { field: string; order: "ASCENDING" | "DESCENDING" }[];
  /** Fields that are summed: the index has to hold them. */
  summed: string[];
}

const EQUALITIES = ["EQUAL", "IN"];
const CONTAINS = ["ARRAY_CONTAINS", "ARRAY_CONTAINS_ANY"];
const NAME = "__name__";

/**
 * Refuses a query without a defined index, as the service does. The service indexes every single field by default;
 * here a field has only its defined indexes. The check asks for slightly more than the service, which merges indexes.
 * The check merges only those of single fields.
 * https://cloud.google.com/firestore/docs/query-data/index-overview
 * @throws RpcError FAILED_PRECONDITION that names the missing index
 */
export function demandIndex(
  query: StructuredQuery,
  aggregations: readonly Aggregation[],
  indexes: Indexes,
): void {
  const demand = demandOf(query, aggregations);
  const missing = missingFor(demand, indexes);
  if (missing.length === 0) return;
  const index = `${demand.collection}(${missing.join(", ")})`;
  throw failedPrecondition(`The query requires an index: ${index}. Add it to the defined indexes.`);
}

function demandOf(query: StructuredQuery, aggregations: readonly Aggregation[]): IndexDemand {
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
    // A field that must be equal has no influence on the order.
    orders: orders.filter(({ field }) => field !== NAME && !equal.includes(field)),
    summed: aggregations.flatMap(({ sum, avg }) => (sum ?? avg)?.field?.fieldPath ?? []),
  };
}

function filtersIn(filter: Filter | undefined): { field: string; op: string }[] {
  if (filter?.compositeFilter) return (filter.compositeFilter.filters ?? []).flatMap(filtersIn);
  const { field, op = "" } = filter?.fieldFilter ?? filter?.unaryFilter ?? {};
  return field ? [{ field: field.fieldPath ?? "", op: op === "IS_NULL" ? "EQUAL" : op }] : [];
}

/** Returns the fields of the missing index; none when a defined index serves the query. */
function missingFor(
  { collection, equal, contains, orders, summed }: IndexDemand,
  indexes: Indexes,
): string[] {
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

/**
 * Tells whether a composite index serves a demand. Its first fields are those compared for equality, in any order.
 * Its other fields are those of the result's order, in that order.
 */
function covers(
  { collection, fields }: CompositeIndex,
  demand: { collection: string; equal: readonly string[]; tail: IndexDemand["orders"] },
): boolean {
  if (collection !== demand.collection) return false;
  const first = fields.slice(0, demand.equal.length).map(({ field }) => field);
  const rest = fields.slice(demand.equal.length);
  return (
    demand.equal.every(field => first.includes(field)) &&
    // Without an order the index may hold further fields.
    (demand.tail.length === 0 || rest.length === demand.tail.length) &&
    demand.tail.every(
      ({ field, order }, index) => rest[index]?.field === field && rest[index]?.order === order,
    )
  );
}
