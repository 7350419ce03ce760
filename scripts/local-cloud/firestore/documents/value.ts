import { compareDocumentNames } from "./document-name.ts";
import type { Fields, Timestamp, Value } from "./messages.ts";
import { compareUtf8 } from "./utf8.ts";

/** Firestore's order of types (firebase.google.com/docs/firestore/manage-data/data-types#value_type_ordering). */
const typeRanks = {
  nullValue: 0,
  booleanValue: 1,
  integerValue: 2,
  doubleValue: 2,
  timestampValue: 3,
  stringValue: 4,
  bytesValue: 5,
  referenceValue: 6,
  geoPointValue: 7,
  arrayValue: 8,
  mapValue: 10,
} as const;
const VECTOR_RANK = 9;

export const NULL: Value = { valueType: "nullValue", nullValue: "NULL_VALUE" };

/** Returns the elements of a vector, which the wire holds as a map with `__type__`; undefined for other values. */
export function vectorElements(value: Value): Value[] | undefined {
  if (value.valueType !== "mapValue") return undefined;
  const { fields } = value.mapValue;
  if (!fields || !Object.hasOwn(fields, "__type__")) return undefined;
  const type = fields["__type__"];
  const elements = fields["value"];
  if (type?.valueType !== "stringValue" || type.stringValue !== "__vector__") return undefined;
  return elements?.valueType === "arrayValue" ? (elements.arrayValue.values ?? []) : undefined;
}

/** Returns the rank of a value's type. Values are compared by rank first, then within it. */
export function typeRank(value: Value): number {
  return vectorElements(value) ? VECTOR_RANK : typeRanks[value.valueType];
}

/** Returns a number that compares exactly: an int64 beyond 2^53 as a bigint; undefined for other types. */
export function numberOf(value: Value): number | bigint | undefined {
  if (value.valueType === "doubleValue") return value.doubleValue;
  if (value.valueType !== "integerValue") return undefined;
  const short = Number(value.integerValue);
  return Number.isSafeInteger(short) ? short : BigInt(value.integerValue);
}

export function isNaNValue(value: Value): boolean {
  return value.valueType === "doubleValue" && Number.isNaN(value.doubleValue);
}

/**
 * Compares values by Firestore's total order. 1 equals 1.0, 0 equals -0, NaN is the least number.
 * @returns a negative number, zero, or a positive number
 */
export function compareValues(left: Value, right: Value): number {
  const rank = typeRank(left);
  const rankDifference = rank - typeRank(right);
  if (rankDifference !== 0) return rankDifference;
  if (rank === VECTOR_RANK) return compareVectors(vectorElements(left) ?? [], vectorElements(right) ?? []);
  if (rank === typeRanks.doubleValue) return compareNumbers(numberOf(left) ?? 0, numberOf(right) ?? 0);
  return compareSameType(left, right);
}

/** Tells whether two values are equal in the total order, as array transforms need it. NaN equals NaN here. */
export function equalValues(left: Value, right: Value): boolean {
  return compareValues(left, right) === 0;
}

function compareSameType(left: Value, right: Value): number {
  if (left.valueType === "stringValue" && right.valueType === "stringValue") {
    return compareUtf8(left.stringValue, right.stringValue);
  }
  if (left.valueType === "booleanValue" && right.valueType === "booleanValue") {
    return Number(left.booleanValue) - Number(right.booleanValue);
  }
  if (left.valueType === "timestampValue" && right.valueType === "timestampValue") {
    return compareTimestamps(left.timestampValue, right.timestampValue);
  }
  if (left.valueType === "bytesValue" && right.valueType === "bytesValue") {
    return Buffer.compare(left.bytesValue, right.bytesValue);
  }
  if (left.valueType === "referenceValue" && right.valueType === "referenceValue") {
    return compareDocumentNames(left.referenceValue, right.referenceValue);
  }
  return compareComposites(left, right);
}

function compareComposites(left: Value, right: Value): number {
  if (left.valueType === "geoPointValue" && right.valueType === "geoPointValue") {
    const { latitude: leftLatitude = 0, longitude: leftLongitude = 0 } = left.geoPointValue;
    const { latitude = 0, longitude = 0 } = right.geoPointValue;
    return leftLatitude - latitude || leftLongitude - longitude;
  }
  if (left.valueType === "arrayValue" && right.valueType === "arrayValue") {
    return compareArrays(left.arrayValue.values ?? [], right.arrayValue.values ?? []);
  }
  if (left.valueType === "mapValue" && right.valueType === "mapValue") {
    return compareMaps(left.mapValue.fields ?? {}, right.mapValue.fields ?? {});
  }
  return 0;
}

function compareNumbers(left: number | bigint, right: number | bigint): number {
  // JavaScript compares a number with a bigint by their exact mathematical values.
  if (left < right) return -1;
  if (left > right) return 1;
  return Number(Number.isNaN(right)) - Number(Number.isNaN(left));
}

function compareTimestamps(left: Timestamp, right: Timestamp): number {
  return Number(left.seconds ?? 0) - Number(right.seconds ?? 0) || (left.nanos ?? 0) - (right.nanos ?? 0);
}

function compareArrays(left: readonly Value[], right: readonly Value[]): number {
  for (const [index, leftElement] of left.entries()) {
    const rightElement = right[index];
    if (!rightElement) return 1;
    const difference = compareValues(leftElement, rightElement);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function compareVectors(left: readonly Value[], right: readonly Value[]): number {
  return left.length - right.length || compareArrays(left, right);
}

/** Compares maps by their sorted entries: key, value, next key, and so on, and then by length. */
function compareMaps(left: Fields, right: Fields): number {
  const sorted = (fields: Fields) => Object.entries(fields).sort(([a], [b]) => compareUtf8(a, b));
  const rightEntries = sorted(right);
  for (const [index, [leftKey, leftValue]] of sorted(left).entries()) {
    const rightEntry = rightEntries[index];
    if (!rightEntry) return 1;
    const difference = compareUtf8(leftKey, rightEntry[0]) || compareValues(leftValue, rightEntry[1]);
    if (difference !== 0) return difference;
  }
  return Object.keys(left).length - rightEntries.length;
}
