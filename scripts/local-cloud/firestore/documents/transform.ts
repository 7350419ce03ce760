import { invalidArgument } from "../../rpc-error.ts";
import { getField, parseFieldPath, withField } from "./field-path.ts";
import type { Fields, FieldTransform, Value } from "./messages.ts";
import { toTimestamp } from "./time.ts";
import { compareValues, equalValues, isNaNValue, NULL, numberOf } from "./value.ts";

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/**
 * Applies one transform.
 * @returns the new fields, and the result for the client, which is null for the array transforms
 */
export function applyTransform(fields: Fields, transform: FieldTransform, commitMicros: number) {
  const path = parseFieldPath(transform.fieldPath ?? "");
  const value = transformed(getField(fields, path), transform, commitMicros);
  const isArray = transform.appendMissingElements ?? transform.removeAllFromArray;
  return {
    fields: withField(fields, path, value),
    result: isArray ? NULL : value,
  };
}

function transformed(current: Value | undefined, transform: FieldTransform, commitMicros: number): Value {
  if (transform.setToServerValue === "REQUEST_TIME") return requestTime(commitMicros);
  if (transform.increment) return increment(current, transform.increment);
  if (transform.maximum) return extreme(current, transform.maximum, 1);
  if (transform.minimum) return extreme(current, transform.minimum, -1);
  if (transform.appendMissingElements) {
    const kept = elementsOf(current);
    for (const element of transform.appendMissingElements.values ?? []) {
      if (!kept.some(other => equalValues(other, element))) kept.push(element);
    }
    return { valueType: "arrayValue", arrayValue: { values: kept } };
  }
  if (transform.removeAllFromArray) {
    const removed = transform.removeAllFromArray.values ?? [];
    const kept = elementsOf(current).filter(element => !removed.some(other => equalValues(other, element)));
    return { valueType: "arrayValue", arrayValue: { values: kept } };
  }
  throw invalidArgument("Operation type must be specified for field transformation.");
}

/** Returns the commit's time in whole milliseconds, as the service documents it. */
function requestTime(commitMicros: number): Value {
  const micros = commitMicros - (commitMicros % 1000);
  return { valueType: "timestampValue", timestampValue: toTimestamp(micros) };
}

function elementsOf(value: Value | undefined): Value[] {
  return value?.valueType === "arrayValue" ? [...(value.arrayValue.values ?? [])] : [];
}

/** Adds two numbers. Integers stay integers and stop at the ends of int64; with a double the sum is a double. */
function increment(current: Value | undefined, by: Value): Value {
  checkNumeric(by);
  if (!current || numberOf(current) === undefined) return by;
  if (current.valueType === "integerValue" && by.valueType === "integerValue") {
    const sum = BigInt(current.integerValue) + BigInt(by.integerValue);
    const bounded = sum > MAX_INT64 ? MAX_INT64 : sum < MIN_INT64 ? MIN_INT64 : sum;
    return { valueType: "integerValue", integerValue: String(bounded) };
  }
  return {
    valueType: "doubleValue",
    doubleValue: Number(numberOf(current)) + Number(numberOf(by)),
  };
}

/** Returns the greater (sign 1) or smaller (sign -1) number; of equal ones the stored one. NaN always wins. */
function extreme(current: Value | undefined, other: Value, sign: number): Value {
  checkNumeric(other);
  if (!current || numberOf(current) === undefined) return other;
  if (isNaNValue(current)) return current;
  if (isNaNValue(other)) return other;
  return compareValues(other, current) * sign > 0 ? other : current;
}

function checkNumeric(value: Value): void {
  if (numberOf(value) === undefined) throw invalidArgument("Input must be int64 or double.");
}
