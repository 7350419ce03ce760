import { invalidArgument } from "../../rpc-error.ts";
import type { Fields, Value } from "./messages.ts";

/** One part of a path: a plain name, or any text in backticks with \ before a backtick or backslash. */
const SEGMENT = /([A-Za-z_][A-Za-z_0-9]*)|`((?:[^`\\]|\\.)+)`/sy;

/**
 * Splits a field path into its segments: "a.`b.c`" is ["a", "b.c"].
 * @throws RpcError INVALID_ARGUMENT for a path that the service refuses
 */
export function parseFieldPath(text: string): string[] {
  const segments: string[] = [];
  let at = 0;
  for (;;) {
    SEGMENT.lastIndex = at;
    const match = SEGMENT.exec(text);
    if (!match) throw invalidArgument(`Invalid property path "${text}".`);
    segments.push(match[1] ?? (match[2] ?? "").replace(/\\(.)/gs, "$1"));
    at = SEGMENT.lastIndex;
    if (at === text.length) return segments;
    if (text[at] !== ".") throw invalidArgument(`Invalid property path "${text}".`);
    at++;
  }
}

/** Returns the value at a path; undefined when a part of the path is missing or not a map. */
export function getField(fields: Fields, path: readonly string[]): Value | undefined {
  let current: Fields | undefined = fields;
  let value: Value | undefined;
  for (const name of path) {
    value = current && Object.hasOwn(current, name) ? current[name] : undefined;
    if (!value) return undefined;
    current = value.valueType === "mapValue" ? (value.mapValue.fields ?? {}) : undefined;
  }
  return value;
}

/** Copies fields with the value set at a path; parts of the path that are not maps become maps. */
export function withField(fields: Fields, path: readonly string[], value: Value): Fields {
  const [name, ...rest] = path;
  if (name === undefined) return fields;
  if (rest.length === 0) return { ...fields, [name]: value };
  const inner = withField(childFields(fields, name) ?? {}, rest, value);
  return {
    ...fields,
    [name]: { valueType: "mapValue", mapValue: { fields: inner } },
  };
}

/** Copies fields without the value at a path; returns the same object when there is no value. */
export function withoutField(fields: Fields, path: readonly string[]): Fields {
  const [name, ...rest] = path;
  if (name === undefined || getField(fields, path) === undefined) return fields;
  const { [name]: _removed, ...others } = fields;
  if (rest.length === 0) return others;
  const inner = withoutField(childFields(fields, name) ?? {}, rest);
  return {
    ...fields,
    [name]: { valueType: "mapValue", mapValue: { fields: inner } },
  };
}

/** Copies the fields at these paths only, for a read mask or a select. */
export function pickFields(fields: Fields, paths: ReadonlyArray<readonly string[]>): Fields {
  let picked: Fields = {};
  for (const path of paths) {
    const value = getField(fields, path);
    if (value) picked = withField(picked, path, value);
  }
  return picked;
}

function childFields(fields: Fields, name: string): Fields | undefined {
  const value = getField(fields, [name]);
  return value?.valueType === "mapValue" ? value.mapValue.fields : undefined;
}
