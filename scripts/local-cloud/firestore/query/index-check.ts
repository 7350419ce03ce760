import { failedPrecondition } from "../../rpc-error.ts";
import type { Aggregation, Filter, StructuredQuery } from "../documents/messages.ts";
import type { CompositeIndex, Indexes } from "./index-definitions.ts";

/**
 * Refuses a query that lacks an index.
 * @throws RpcError FAILED_PRECONDITION that names the missing index
 */
export type IndexCheck = (
  database: string,
  query: StructuredQuery,
  aggregations?: readonly Aggregation[],
) => void;

/** Returns the check of the queries to one database. Queries to other databases need no defined index. */
export function checkOfIndexes(database: string, indexes: Indexes | undefined): IndexCheck {
  return (asked, query, aggregations = []) => {
    if (indexes && asked === database) demandIndex(query, aggregations, indexes);
  };
}

/** The parts of a query that an index has to serve. */
interface IndexDemand {
  collection: string;
  /** True: the query covers all collections with the id, below whatever document. */
  isGroup: boolean;
  /** Fields compared for equality. */
  equal: string[];
  /** Fields whose list has to contain a value. */
  contains: string[];
  /**
   * Order of the result as the service completes it, without fields compared for equality. The name is part of the order
   * only against the direction of the field before it.
   */
  orders: { field: string; order: "ASCENDING" | "DESCENDING" }[];
  /** Fields that are summed: the index has to hold them. */
  summed: string[];
}

const EQUALITIES = ["EQUAL", "IN"];
const CONTAINS = ["ARRAY_CONTAINS", "ARRAY_CONTAINS_ANY"];
const NAME = "__name__";

/**
 * Refuses a query without an index, as the service does. Every field has automatic indexes, except in exempt
 * collections and in queries of collection groups. A query over several fields needs a composite index. The check asks
 * for slightly more than the service, which merges composite indexes too. The check merges only those of single fields.
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
  const scope = demand.isGroup ? " of the collection group" : "";
  const index = `${demand.collection}(${missing.join(", ")})${scope}`;
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
  const implied = ranges.filter(range => range !== NAME && !given.some(({ field }) => field === range));
  const orders = [...given, ...implied.map(field => ({ field, order: "ASCENDING" as const }))];
  const { collectionId = "", allDescendants = false } = query.from?.[0] ?? {};
  return {
    collection: collectionId,
    isGroup: allDescendants,
    equal: equal.filter(field => field !== NAME),
    contains,
    // A field that must be equal has no influence on the order.
    orders: withoutPlainName(orders.filter(({ field }) => !equal.includes(field))),
    summed: [...new Set(aggregations.flatMap(({ sum, avg }) => (sum ?? avg)?.field?.fieldPath ?? []))],
  };
}

/** Removes the name where every index has it: alone, or in the direction of the field before it. */
function withoutPlainName(orders: IndexDemand["orders"]): IndexDemand["orders"] {
  return orders.filter(
    ({ field, order }, at) => field !== NAME || (orders[at - 1]?.order ?? order) !== order,
  );
}

function filtersIn(filter: Filter | undefined): { field: string; op: string }[] {
  if (filter?.compositeFilter) return (filter.compositeFilter.filters ?? []).flatMap(filtersIn);
  const { field, op = "" } = filter?.fieldFilter ?? filter?.unaryFilter ?? {};
  const isEqual = op === "IS_NULL" || op === "IS_NAN";
  return field ? [{ field: field.fieldPath ?? "", op: isEqual ? "EQUAL" : op }] : [];
}

/** Returns the fields of the missing index; none when an index serves the query. */
function missingFor(demand: IndexDemand, indexes: Indexes): string[] {
  const { equal, contains, orders, summed } = demand;
  const has = singleFieldIndexes(demand, indexes);
  const covered = (tail: IndexDemand["orders"]) =>
    !demand.isGroup && indexes.composite.some(each => covers(each, { ...demand, tail }));
  if (orders.length === 0 && summed.length === 0) {
    const lacking = [
      ...equal.filter(field => !has(field, "ascending")),
      ...contains.filter(field => !has(field, "contains")).map(field => `${field} contains`),
    ];
    return lacking.length === 0 || covered([]) ? [] : lacking;
  }
  const added = summed.filter(field => !equal.includes(field) && !orders.some(each => each.field === field));
  const tail = [...orders, ...added.map(field => ({ field, order: "ASCENDING" as const }))];
  const [only] = tail;
  const isSingle = equal.length === 0 && contains.length === 0 && tail.length === 1;
  if (isSingle && only && has(only.field, only.order === "ASCENDING" ? "ascending" : "descending")) return [];
  if (contains.length === 0 && covered(tail)) return [];
  return [...equal, ...contains, ...tail.map(({ field, order }) => `${field} ${order.toLowerCase()}`)];
}

/** Returns a predicate: whether a single-field index serves the demand. No group has automatic indexes. */
function singleFieldIndexes({ collection, isGroup }: IndexDemand, { exempt, fields }: Indexes) {
  const isExempt = exempt.includes(collection);
  return (field: string, kind: "ascending" | "descending" | "contains"): boolean => {
    if (isGroup) return false;
    if (!isExempt) return true;
    return fields.some(each => each.collection === collection && each.field === field && each.kind === kind);
  };
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
