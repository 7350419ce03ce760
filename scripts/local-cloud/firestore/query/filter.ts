import { invalidArgument } from "../../rpc-error.ts";
import { getField, parseFieldPath } from "../documents/field-path.ts";
import type { FieldReference, Filter, Value } from "../documents/messages.ts";
import type { Narrowing } from "../documents/narrowing.ts";
import { allOf, anyOf, NO_NARROWING, narrowingOfFilter, narrowingOfUnary } from "../documents/narrowing.ts";
import type { StoredDocument } from "../documents/stored-document.ts";
import { compareValues, equalValues, isNaNValue, typeRank } from "../documents/value.ts";

// Limits: firebase.google.com/docs/firestore/query-data/queries#limitations
const MAX_DISJUNCTIONS = 30;
const MAX_NOT_IN = 10;

/** Reads a field of a document, or its name. */
export interface FieldReader {
  /** Key of the field: the same field has the same key. */
  key: string;
  path: readonly string[];
  read(document: StoredDocument): Value | undefined;
}

export interface CompiledFilter {
  matches(document: StoredDocument): boolean;
  /** Bounds that hold for every matching document, for a search by index. */
  narrowing: Narrowing;
  /** Fields that are compared by a range: the default order of the result. */
  inequalities: FieldReader[];
  /** Number of the filter's negative parts, such as NOT_EQUAL. */
  negations: number;
  /** Number of alternatives in the filter's disjunctive normal form. */
  disjunctions: number;
}

export function fieldReader(field: FieldReference | undefined): FieldReader {
  const key = field?.fieldPath ?? "";
  if (key === "__name__") {
    return {
      key,
      path: [key],
      read: ({ name }) => ({
        valueType: "referenceValue",
        referenceValue: name,
      }),
    };
  }
  const path = parseFieldPath(key);
  return {
    key: JSON.stringify(path),
    path,
    read: ({ fields }) => getField(fields, path),
  };
}

/**
 * Compiles a filter; without one every document matches.
 * @throws RpcError INVALID_ARGUMENT for a filter that the service refuses
 */
export function compileFilter(filter: Filter | undefined): CompiledFilter {
  if (!filter)
    return {
      matches: () => true,
      narrowing: NO_NARROWING,
      inequalities: [],
      negations: 0,
      disjunctions: 1,
    };
  const compiled = compile(filter);
  if (compiled.disjunctions > MAX_DISJUNCTIONS) {
    throw invalidArgument(
      `Up to ${MAX_DISJUNCTIONS} disjunctions over all the filters of a query are allowed.`,
    );
  }
  if (compiled.negations > 1) {
    throw invalidArgument(
      "Only a single 'NOT_EQUAL', 'NOT_IN', 'IS_NOT_NAN', or 'IS_NOT_NULL' filter allowed per query.",
    );
  }
  return compiled;
}

function compile(filter: Filter): CompiledFilter {
  if (filter.compositeFilter) return compileComposite(filter.compositeFilter);
  if (filter.unaryFilter) return compileUnary(filter.unaryFilter);
  if (filter.fieldFilter) return compileField(filter.fieldFilter);
  throw invalidArgument("Filter has no kind: expected a composite, field or unary filter.");
}

function compileComposite({ op, filters = [] }: NonNullable<Filter["compositeFilter"]>): CompiledFilter {
  if (filters.length === 0) throw invalidArgument("Composite filter is empty: expected at least one filter.");
  const parts = filters.map(compile);
  const inequalities = parts.flatMap(part => part.inequalities);
  const negations = parts.reduce((sum, part) => sum + part.negations, 0);
  if (op === "AND") {
    const disjunctions = parts.reduce((product, part) => product * part.disjunctions, 1);
    return {
      matches: document => parts.every(part => part.matches(document)),
      narrowing: allOf(parts.map(part => part.narrowing)),
      inequalities,
      negations,
      disjunctions,
    };
  }
  if (op === "OR") {
    const disjunctions = parts.reduce((sum, part) => sum + part.disjunctions, 0);
    return {
      matches: document => parts.some(part => part.matches(document)),
      narrowing: anyOf(parts.map(part => part.narrowing)),
      inequalities,
      negations,
      disjunctions,
    };
  }
  throw invalidArgument(`Composite filter has the wrong operator: expected AND or OR, got ${op}.`);
}

function compileUnary({ field, op }: NonNullable<Filter["unaryFilter"]>): CompiledFilter {
  const reader = fieldReader(field);
  const test = unaryTests[op ?? ""];
  if (!test) throw invalidArgument(`Unknown unary operator ${op}.`);
  const matches = (document: StoredDocument) => {
    const value = reader.read(document);
    return value !== undefined && test(value);
  };
  const negations = op?.startsWith("IS_NOT") ? 1 : 0;
  return {
    matches,
    narrowing: narrowingOfUnary(reader, op ?? ""),
    inequalities: negations ? [reader] : [],
    negations,
    disjunctions: 1,
  };
}

const isNull = (value: Value) => value.valueType === "nullValue";

const unaryTests: Record<string, (value: Value) => boolean> = {
  IS_NULL: isNull,
  IS_NOT_NULL: value => !isNull(value),
  IS_NAN: isNaNValue,
  IS_NOT_NAN: value => !isNaNValue(value) && !isNull(value),
};

function compileField({ field, op = "", value }: NonNullable<Filter["fieldFilter"]>): CompiledFilter {
  const reader = fieldReader(field);
  if (!value) throw invalidArgument("Field filter has no value: expected one to compare with.");
  const test = fieldTest(op, value);
  const matches = (document: StoredDocument) => {
    const actual = reader.read(document);
    return actual !== undefined && test(actual);
  };
  const isList = op === "IN" || op === "ARRAY_CONTAINS_ANY";
  const operands = isList ? elements(op, value) : [value];
  return {
    matches,
    narrowing: narrowingOfFilter(reader, op, operands),
    inequalities: INEQUALITIES.has(op) ? [reader] : [],
    negations: op.startsWith("NOT_") ? 1 : 0,
    disjunctions: operands.length,
  };
}

const INEQUALITIES = new Set([
  "LESS_THAN",
  "LESS_THAN_OR_EQUAL",
  "GREATER_THAN",
  "GREATER_THAN_OR_EQUAL",
  "NOT_EQUAL",
  "NOT_IN",
]);

function fieldTest(op: string, value: Value): (actual: Value) => boolean {
  switch (op) {
    case "EQUAL":
      return actual => isSame(actual, value);
    case "NOT_EQUAL":
      return actual => !isNull(actual) && !isNull(value) && !isSame(actual, value);
    case "LESS_THAN":
      return range(value, order => order < 0);
    case "LESS_THAN_OR_EQUAL":
      return range(value, order => order <= 0);
    case "GREATER_THAN":
      return range(value, order => order > 0);
    case "GREATER_THAN_OR_EQUAL":
      return range(value, order => order >= 0);
    default:
      return listTest(op, value);
  }
}

function listTest(op: string, value: Value): (actual: Value) => boolean {
  if (op === "ARRAY_CONTAINS") return actual => containsAny(actual, [value]);
  if (op !== "IN" && op !== "NOT_IN" && op !== "ARRAY_CONTAINS_ANY")
    throw invalidArgument(`Unknown operator ${op}.`);
  const listed = elements(op, value);
  if (op === "ARRAY_CONTAINS_ANY") return actual => containsAny(actual, listed);
  const isListed = (actual: Value) => listed.some(element => isSame(actual, element));
  if (op === "IN") return isListed;
  if (listed.length > MAX_NOT_IN)
    throw invalidArgument(`'NOT_IN' supports up to ${MAX_NOT_IN} comparison values.`);
  return actual => !isNull(actual) && !listed.some(isNull) && !isListed(actual);
}

/** Returns the test of a range, which finds values of the operand's own type only, and never NaN or null. */
function range(value: Value, holds: (order: number) => boolean): (actual: Value) => boolean {
  const rank = typeRank(value);
  return actual =>
    typeRank(actual) === rank &&
    isComparable(actual) &&
    isComparable(value) &&
    holds(compareValues(actual, value));
}

/** Tells whether two values are equal. Null and NaN equal no value, themselves included: only unary filters find them. */
const isSame = (actual: Value, value: Value) => isComparable(actual) && equalValues(actual, value);
const isComparable = (value: Value) => !isNull(value) && !isNaNValue(value);

function elements(op: string, value: Value): Value[] {
  const values = value.valueType === "arrayValue" ? (value.arrayValue.values ?? []) : [];
  if (values.length === 0) throw invalidArgument(`'${op}' requires a non-empty ArrayValue.`);
  return values;
}

function containsAny(actual: Value, listed: readonly Value[]): boolean {
  if (actual.valueType !== "arrayValue") return false;
  return (actual.arrayValue.values ?? []).some(element => listed.some(one => isSame(element, one)));
}
