import { invalidArgument } from "../../rpc-error.ts";
import { isReserved, MAX_ID_BYTES, parseDocumentName } from "./document-name.ts";
import type { Fields, Timestamp, Value } from "./messages.ts";
import { utf8Length } from "./utf8.ts";
import { vectorElements } from "./value.ts";

// Limits: firebase.google.com/docs/firestore/quotas. Sizes: firebase.google.com/docs/firestore/storage-size.
const MAX_DOCUMENT_BYTES = 1_048_576;
const MAX_VALUE_BYTES = 1_048_487;
/** Most levels of maps and arrays inside each other. */
const MAX_DEPTH = 20;
/** Bounds of a timestamp: the years 1 to 9999. */
const MIN_SECONDS = -62_135_596_800;
const MAX_SECONDS = 253_402_300_799;
const NAME_OVERHEAD_BYTES = 16;
const DOCUMENT_OVERHEAD_BYTES = 32;

/**
 * Checks that the service could store a document.
 * @throws RpcError INVALID_ARGUMENT for a document that is too large, and as `checkFields` does
 */
export function checkDocument(name: string, fields: Fields): void {
  const size = nameBytes(name) + fieldsBytes(fields) + DOCUMENT_OVERHEAD_BYTES;
  if (size <= MAX_DOCUMENT_BYTES) return;
  const number = (bytes: number) => bytes.toLocaleString("en-US");
  throw invalidArgument(
    `Document '${name}' cannot be written because its size (${number(size)} bytes) ` +
      `exceeds the maximum allowed size of ${number(MAX_DOCUMENT_BYTES)} bytes.`,
  );
}

/**
 * Checks fields apart from the document's whole size. Nesting must not be too deep, and no field name reserved or
 * empty. No array may hold an array directly, and no field a value that documents cannot hold.
 * @throws RpcError INVALID_ARGUMENT for refused fields
 */
export function checkFields(fields: Fields): void {
  fieldsBytes(fields);
}

/** Rounds the timestamps in a value down to the microsecond, in place: the request's value is stored afterwards. */
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

/** Returns the size of a document's or reference's name: its ids (without project and database) and 16 bytes. */
function nameBytes(name: string): number {
  const ids = name.split("/").slice(5);
  return ids.reduce((bytes, id) => bytes + utf8Length(id) + 1, NAME_OVERHEAD_BYTES);
}

/**
 * @param at property that contains the fields, for messages
 * @param depth 0 for a document's own fields
 */
function fieldsBytes(fields: Fields, at = "", depth = 0): number {
  if (depth > MAX_DEPTH) throw invalidArgument(`Property ${at} contains an invalid nested entity.`);
  let bytes = 0;
  for (const [name, value] of Object.entries(fields)) {
    checkFieldName(name);
    bytes += utf8Length(name) + 1 + valueBytes(value, at || name, depth);
  }
  return bytes;
}

function checkFieldName(name: string): void {
  if (name === "") throw invalidArgument("The property.name is the empty string.");
  if (isReserved(name)) throw invalidArgument(`field name ${name} is reserved`);
  if (utf8Length(name) > MAX_ID_BYTES) {
    throw invalidArgument(`The property.name is longer than ${MAX_ID_BYTES} bytes.`);
  }
}

function valueBytes(value: Value, at: string, depth: number): number {
  switch (value.valueType) {
    case "nullValue":
    case "booleanValue":
      return 1;
    case "integerValue":
    case "doubleValue":
      return 8;
    case "timestampValue":
      return timestampBytes(value.timestampValue);
    case "geoPointValue":
      return geoPointBytes(value.geoPointValue);
    case "stringValue":
      return limited(utf8Length(value.stringValue), at) + 1;
    case "bytesValue":
      return limited(value.bytesValue.length, at);
    case "referenceValue":
      parseDocumentName(value.referenceValue);
      return nameBytes(value.referenceValue);
    case "arrayValue":
      return arrayBytes(value.arrayValue.values ?? [], at, depth + 1);
    case "mapValue":
      return vectorBytes(value) ?? fieldsBytes(value.mapValue.fields ?? {}, at, depth + 1);
    default:
      throw invalidArgument(
        "Cannot convert firestore.v1.Value: its type is unset, or no document can hold it.",
      );
  }
}

function limited(bytes: number, at: string): number {
  if (bytes <= MAX_VALUE_BYTES) return bytes;
  throw invalidArgument(`The value of property "${at}" is longer than ${MAX_VALUE_BYTES} bytes.`);
}

function timestampBytes({ seconds = "0" }: Timestamp): number {
  if (Number(seconds) >= MIN_SECONDS && Number(seconds) <= MAX_SECONDS) return 8;
  throw invalidArgument("Timestamp seconds exceeds limit for field.");
}

function geoPointBytes({ latitude = 0, longitude = 0 }: { latitude?: number; longitude?: number }): number {
  if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) return 16;
  throw invalidArgument(
    `Geo point ${latitude},${longitude} is outside the permitted range of 90 and 180 degrees.`,
  );
}

function arrayBytes(elements: readonly Value[], at: string, depth: number): number {
  if (depth > MAX_DEPTH) throw invalidArgument(`Property ${at} contains an invalid nested entity.`);
  return elements.reduce((bytes, element) => {
    if (element.valueType === "arrayValue") {
      throw invalidArgument("Cannot convert an array value in an array value.");
    }
    return bytes + valueBytes(element, at, depth);
  }, 0);
}

/** Returns the size of a vector, the only map with a reserved field name; undefined for other values. */
function vectorBytes(value: Value): number | undefined {
  const elements = vectorElements(value);
  return elements && "__type__".length + "__vector__".length + 2 + elements.length * 8;
}
