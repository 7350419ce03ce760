import { compareDocumentNames } from "./document-name.ts";
import { ABOVE_NULL, GREATEST_KEY, indexKey, keysOfType } from "./index-key.ts";
import type { Value } from "./messages.ts";
import { isNaNValue } from "./value.ts";

/** The subject of an index: a field's value, or the elements of its array. */
export interface IndexSubject {
  /** Key of the index: the same index has the same key. */
  key: string;
  path: readonly string[];
  of: "value" | "elements";
}

/** A range of keys of one index, both ends included. */
export interface KeyRange {
  field: IndexSubject;
  from: Buffer;
  to: Buffer;
}

/** A necessary condition: every document that a query finds has a key in one of the ranges. */
export type Condition = readonly KeyRange[];

/** A range of full document names, both ends included; absent where there is no bound. */
export interface NameRange {
  from?: string;
  to?: string;
}

/** Necessary conditions of every document that a query finds, and a range for its name. */
export interface Narrowing {
  conditions: readonly Condition[];
  names: NameRange;
}

/** A field of a document, as filters and orders name it. The document's name has the key `__name__`. */
interface Field {
  key: string;
  path: readonly string[];
}

export const NO_NARROWING: Narrowing = { conditions: [], names: {} };

export const isName = ({ key }: Field) => key === "__name__";
export const valueIn = ({ key, path }: Field): IndexSubject => ({ key, path, of: "value" });
export const allKeysOf = (field: Field): KeyRange => ({
  field: valueIn(field),
  from: Buffer.of(),
  to: GREATEST_KEY,
});
export const isPoint = ({ from, to }: KeyRange) => from.equals(to);

/**
 * Returns the narrowing of a field filter.
 * @param operands the filter's value, or the listed values of an operator that takes a list
 */
export function narrowingOfFilter(field: Field, op: string, operands: readonly Value[]): Narrowing {
  const [operand] = operands;
  if (!operand) return NO_NARROWING;
  if (isName(field)) return NAME_OPERATORS.has(op) ? namesFrom(op, operand) : NO_NARROWING;
  const ranges = op.startsWith("ARRAY_")
    ? pointsOf({ ...valueIn(field), key: `${field.key} elements`, of: "elements" }, operands)
    : rangesOf(valueIn(field), op, operands);
  return { conditions: ranges ? [ranges] : [], names: {} };
}

/** Returns the narrowing of a unary filter. */
export function narrowingOfUnary(field: Field, op: string): Narrowing {
  if (isName(field)) return NO_NARROWING;
  const operand: Value =
    op === "IS_NAN"
      ? { valueType: "doubleValue", doubleValue: Number.NaN }
      : { valueType: "nullValue", nullValue: "NULL_VALUE" };
  const key = indexKey(operand);
  const isNegative = op.startsWith("IS_NOT");
  const range = isNegative ? { from: ABOVE_NULL, to: GREATEST_KEY } : { from: key, to: key };
  return { conditions: [[{ field: valueIn(field), ...range }]], names: {} };
}

/** Returns the narrowing of a bound: the field is not before (`from`) or not after (`to`) a value. */
export function narrowingOfBound(field: Field, edge: "from" | "to", value: Value): Narrowing {
  if (isName(field)) {
    const name = value.valueType === "referenceValue" ? value.referenceValue : undefined;
    return { conditions: [], names: { [edge]: name } };
  }
  return { conditions: [[{ ...allKeysOf(field), [edge]: indexKey(value) }]], names: {} };
}

const NAME_OPERATORS = new Set([
  "EQUAL",
  "LESS_THAN",
  "LESS_THAN_OR_EQUAL",
  "GREATER_THAN",
  "GREATER_THAN_OR_EQUAL",
]);

function namesFrom(op: string, operand: Value): Narrowing {
  if (operand.valueType !== "referenceValue") return NO_NARROWING;
  const name = operand.referenceValue;
  const from = op.startsWith("LESS") ? undefined : name;
  const to = op.startsWith("GREATER") ? undefined : name;
  return { conditions: [], names: { from, to } };
}

function rangesOf(field: IndexSubject, op: string, operands: readonly Value[]): Condition | undefined {
  const [operand] = operands;
  if (!operand) return undefined;
  if (op === "EQUAL" || op === "IN") return pointsOf(field, operands);
  if (op.startsWith("NOT_")) return [{ field, from: ABOVE_NULL, to: GREATEST_KEY }];
  const key = indexKey(operand);
  const { from, to } = keysOfType(operand);
  if (op.startsWith("LESS")) return [{ field, from, to: key }];
  if (op.startsWith("GREATER")) return [{ field, from: key, to }];
  return undefined;
}

/** Returns the keys of the listed values, without null and NaN, which equal no value. */
function pointsOf(field: IndexSubject, values: readonly Value[]): Condition {
  const findable = values.filter(value => value.valueType !== "nullValue" && !isNaNValue(value));
  const keys = new Map(findable.map(indexKey).map(key => [key.toString("latin1"), key]));
  return [...keys.values()].map(key => ({ field, from: key, to: key }));
}

/** Returns the narrowing of a conjunction. Ranges of the same field are joined. */
export function allOf(parts: readonly Narrowing[]): Narrowing {
  const rangeOf = new Map<string, KeyRange>();
  const others: Condition[] = [];
  for (const condition of parts.flatMap(part => part.conditions)) {
    const [range, second] = condition;
    // A document has one value in a field, but its array may have one element in each of two ranges.
    if (!range || second || range.field.of === "elements") others.push(condition);
    else rangeOf.set(range.field.key, overlap(range, rangeOf.get(range.field.key)));
  }
  const names = parts.reduce<NameRange>(
    (range, part) => ({
      from: furthest(range.from, part.names.from, 1),
      to: furthest(range.to, part.names.to, -1),
    }),
    {},
  );
  return { conditions: [...[...rangeOf.values()].map(range => [range]), ...others], names };
}

/** Returns the narrowing of a disjunction: one condition of each part. */
export function anyOf(parts: readonly Narrowing[]): Narrowing {
  const firsts = parts.map(part => part.conditions[0]);
  const ranges = firsts.flatMap(condition => condition ?? []);
  return { conditions: firsts.includes(undefined) ? [] : [ranges], names: {} };
}

function overlap(range: KeyRange, other: KeyRange = range): KeyRange {
  return {
    field: range.field,
    from: Buffer.compare(range.from, other.from) > 0 ? range.from : other.from,
    to: Buffer.compare(range.to, other.to) < 0 ? range.to : other.to,
  };
}

function furthest(left: string | undefined, right: string | undefined, sign: 1 | -1): string | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return compareDocumentNames(left, right) * sign > 0 ? left : right;
}
