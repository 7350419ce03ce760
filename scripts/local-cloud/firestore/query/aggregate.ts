import { invalidArgument } from "../../rpc-error.ts";
import type { Aggregation, Fields, Value } from "../documents/messages.ts";
import type { StoredDocument } from "../documents/stored-document.ts";
import { NULL, numberOf } from "../documents/value.ts";
import { fieldReader } from "./filter.ts";

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
/** Most aggregations of one request (firebase.google.com/docs/firestore/query-data/aggregation-queries). */
const MAX_AGGREGATIONS = 5;

/**
 * Computes all aggregations of a request over the documents of its query, by alias. As in the service, a document
 * that lacks any of the aggregated fields counts for none of them.
 */
export function aggregate(documents: Iterable<StoredDocument>, aggregations: readonly Aggregation[]): Fields {
  const fields = aggregations.map(({ sum, avg }) => fieldOf(sum?.field ?? avg?.field));
  const numbers = aggregations.map((): Value[] => []);
  let count = 0;
  for (const document of documents) {
    const values = fields.map(field => field?.read(document));
    if (fields.some((field, index) => field && !values[index])) continue;
    count++;
    for (const [index, value] of values.entries()) {
      if (value && numberOf(value) !== undefined) numbers[index]?.push(value);
    }
  }
  return aggregateNumbers(count, numbers, aggregations);
}

/**
 * Computes the aggregations from the number of documents alone.
 * @returns undefined when a request asks for more than counts
 */
export function aggregateCount(
  count: () => number,
  aggregations: readonly Aggregation[],
): Fields | undefined {
  if (!aggregations.every(aggregation => aggregation.count)) return undefined;
  return aggregateNumbers(count(), [], aggregations);
}

function aggregateNumbers(
  count: number,
  numbers: readonly Value[][],
  aggregations: readonly Aggregation[],
): Fields {
  if (aggregations.length === 0 || aggregations.length > MAX_AGGREGATIONS) {
    throw invalidArgument(
      `Aggregation query has ${aggregations.length} aggregations: expected 1 to ${MAX_AGGREGATIONS}.`,
    );
  }
  const entries = aggregations.map((aggregation, index) => {
    return [aggregation.alias || `field_${index + 1}`, compute(aggregation, count, numbers[index] ?? [])];
  });
  return Object.fromEntries(entries);
}

function compute({ count, sum, avg }: Aggregation, documentCount: number, numbers: readonly Value[]): Value {
  if (count) {
    const upTo = count.upTo ? Number(count.upTo.value ?? 0) : Number.POSITIVE_INFINITY;
    return integer(BigInt(Math.min(documentCount, upTo)));
  }
  if (sum) return total(numbers);
  if (!avg) throw invalidArgument("Aggregation has no operator: expected count, sum or avg.");
  return numbers.length === 0 ? NULL : double(Number(totalNumber(numbers)) / numbers.length);
}

const fieldOf = (field: { fieldPath?: string } | undefined) => field && fieldReader(field);

/** Sums up to an integer when all numbers are integers and the sum fits into int64, else to a double. */
function total(numbers: readonly Value[]): Value {
  const sum = totalNumber(numbers);
  if (typeof sum === "number") return double(sum);
  return sum > MAX_INT64 || sum < MIN_INT64 ? double(Number(sum)) : integer(sum);
}

function totalNumber(numbers: readonly Value[]): number | bigint {
  let integers = 0n;
  let doubles: number | undefined;
  for (const value of numbers) {
    if (value.valueType === "integerValue") integers += BigInt(value.integerValue);
    else if (value.valueType === "doubleValue") doubles = (doubles ?? 0) + value.doubleValue;
  }
  return doubles === undefined ? integers : doubles + Number(integers);
}

const integer = (value: bigint): Value => ({
  valueType: "integerValue",
  integerValue: String(value),
});
const double = (value: number): Value => ({
  valueType: "doubleValue",
  doubleValue: value,
});
