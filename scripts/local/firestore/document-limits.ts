import { isReserved, MAX_ID_BYTES } from "./document-name.ts";
import type { Fields, Value } from "./messages.ts";
import { invalidArgument } from "./rpc-error.ts";
import { utf8Length } from "./utf8.ts";
import { vectorElements } from "./value.ts";

/** Limits: firebase.google.com/docs/firestore/quotas. Sizes: firebase.google.com/docs/firestore/storage-size. */
const MAX_DOCUMENT_BYTES = 1_048_576;
const MAX_DEPTH = 20;
const NAME_OVERHEAD_BYTES = 16;
const DOCUMENT_OVERHEAD_BYTES = 32;

/**
 * Throws INVALID_ARGUMENT when a document could not be stored by the service: too large, nested too deep,
 * a reserved or empty field name, an array directly in an array, a value no document may hold.
 */
export function checkDocument(name: string, fields: Fields): void {
  const size = nameBytes(name) + fieldsBytes(fields, 1) + DOCUMENT_OVERHEAD_BYTES;
  if (size <= MAX_DOCUMENT_BYTES) return;
  const number = (bytes: number) => bytes.toLocaleString("en-US");
  throw invalidArgument(
    `Document '${name}' cannot be written because its size (${number(size)} bytes) ` +
      `exceeds the maximum allowed size of ${number(MAX_DOCUMENT_BYTES)} bytes.`,
  );
}

/** Timestamps are kept to the microsecond, rounded down; changes what the request brought before it is stored. */
export function roundTimestamps(value: Value): void {
  if (value.valueType === "timestampValue") {
    const { nanos = 0 } = value.timestampValue;
    value.timestampValue.nanos = nanos - (nanos % 1000);
  } else if (value.valueType === "arrayValue") {
    for (const element of value.arrayValue.values ?? []) roundTimestamps(element);
  } else if (value.valueType === "mapValue") {
    for (const inner of Object.values(value.mapValue.fields ?? {})) roundTimestamps(inner);
  }
}

/** A document's or reference's name costs its ids (not project and database) and 16 bytes. */
function nameBytes(name: string): number {
  const ids = name.split("/").slice(5);
  return ids.reduce((bytes, id) => bytes + utf8Length(id) + 1, NAME_OVERHEAD_BYTES);
}

function fieldsBytes(fields: Fields, depth: number): number {
  if (depth > MAX_DEPTH) {
    throw invalidArgument(`Property is nested too deeply: at most ${MAX_DEPTH} levels of maps and arrays are allowed.`);
  }
  let bytes = 0;
  for (const [name, value] of Object.entries(fields)) {
    checkFieldName(name);
    bytes += utf8Length(name) + 1 + valueBytes(value, depth);
  }
  return bytes;
}

function checkFieldName(name: string): void {
  if (name === "") throw invalidArgument("The property name is the empty string.");
  if (isReserved(name)) throw invalidArgument(`The property name "${name}" is reserved.`);
  if (utf8Length(name) > MAX_ID_BYTES) {
    throw invalidArgument(`The property name is longer than ${MAX_ID_BYTES} bytes.`);
  }
}

function valueBytes(value: Value, depth: number): number {
  switch (value.valueType) {
    case "nullValue":
    case "booleanValue":
      return 1;
    case "integerValue":
    case "doubleValue":
    case "timestampValue":
      return 8;
    case "geoPointValue":
      return 16;
    case "stringValue":
      return utf8Length(value.stringValue) + 1;
    case "bytesValue":
      return value.bytesValue.length;
    case "referenceValue":
      return nameBytes(value.referenceValue);
    case "arrayValue":
      return arrayBytes(value.arrayValue.values ?? [], depth + 1);
    case "mapValue":
      return vectorBytes(value) ?? fieldsBytes(value.mapValue.fields ?? {}, depth + 1);
    default:
      throw invalidArgument("A document can hold only null, boolean, number, timestamp, string, bytes, reference, geo point, array and map values.");
  }
}

function arrayBytes(elements: readonly Value[], depth: number): number {
  if (depth > MAX_DEPTH) return fieldsBytes({}, depth);
  return elements.reduce((bytes, element) => {
    if (element.valueType === "arrayValue") {
      throw invalidArgument("Cannot convert an array value in an array value.");
    }
    return bytes + valueBytes(element, depth);
  }, 0);
}

/** A vector is the one map that may use a reserved field name. */
function vectorBytes(value: Value): number | undefined {
  const elements = vectorElements(value);
  return elements && "__type__".length + "__vector__".length + 2 + elements.length * 8;
}
