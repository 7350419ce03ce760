import { isNumericId } from "./document-name.ts";
import type { Timestamp, Value } from "./messages.ts";
import { compareUtf8 } from "./utf8.ts";
import { numberOf, typeRank, vectorElements } from "./value.ts";

/** Longest key; the rest of a value is left out. Long texts with the same beginning then share a key. */
const MAX_KEY_BYTES = 120;

/** A bound above all keys. */
export const GREATEST_KEY = Buffer.of(0xff);
/** A bound above null's key and below all other keys. */
export const ABOVE_NULL = Buffer.of(2);

/**
 * Returns the index key of a value. Equal values have equal keys. Compared byte by byte, a lesser value never has a
 * greater key. Different values may have the same key, so an index only narrows a search.
 */
export function indexKey(value: Value): Buffer {
  return Buffer.concat([Buffer.of(typeRank(value) + 1), content(value)]).subarray(0, MAX_KEY_BYTES);
}

/** Returns two bounds with all keys of the value's type between them. */
export function keysOfType(value: Value): { from: Buffer; to: Buffer } {
  const rank = typeRank(value);
  return { from: Buffer.of(rank + 1), to: Buffer.of(rank + 2) };
}

const NOTHING = Buffer.alloc(0);

function content(value: Value): Buffer {
  switch (value.valueType) {
    case "nullValue":
      return NOTHING;
    case "booleanValue":
      return Buffer.of(Number(value.booleanValue));
    case "integerValue":
    case "doubleValue":
      return numberKey(Number(numberOf(value)));
    case "timestampValue":
      return timestampKey(value.timestampValue);
    case "stringValue":
      return textKey(value.stringValue);
    case "bytesValue":
      return value.bytesValue.subarray(0, MAX_KEY_BYTES);
    case "referenceValue":
      return referenceKey(value.referenceValue);
    case "geoPointValue":
      return Buffer.concat([
        numberKey(value.geoPointValue.latitude ?? 0),
        numberKey(value.geoPointValue.longitude ?? 0),
      ]);
    default:
      return compositeKey(value);
  }
}

/** Returns the key of a text. Each UTF-16 unit takes a byte or more, so the cut never splits a character of the key. */
const textKey = (text: string) => Buffer.from(text.slice(0, MAX_KEY_BYTES));

/** Returns the key of a number. The bits of doubles order as the numbers do once negative ones are inverted; -0 is 0. */
function numberKey(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  // NaN is the least number: every other key has a bit set.
  if (Number.isNaN(number)) return bytes;
  bytes.writeDoubleBE(number);
  const bits = bytes.readBigUInt64BE();
  bytes.writeBigUInt64BE(number < 0 ? ~bits & MAX_UINT64 : bits | TOP_BIT);
  return bytes;
}

const TOP_BIT = 2n ** 63n;
const MAX_UINT64 = 2n ** 64n - 1n;

/** Offset that makes seconds positive. Stored seconds lie far within its range, but a query may ask for any. */
const SECONDS_OFFSET = 2 ** 40;
const MAX_UINT32 = 2 ** 32 - 1;

function timestampKey({ seconds = "0", nanos = 0 }: Timestamp): Buffer {
  const shifted = Number(seconds) + SECONDS_OFFSET;
  if (shifted < 0) return Buffer.alloc(10);
  if (shifted > 2 * SECONDS_OFFSET) return Buffer.alloc(10, 0xff);
  const bytes = Buffer.alloc(10);
  bytes.writeUIntBE(shifted, 0, 6);
  bytes.writeUInt32BE(Math.min(Math.max(nanos, 0), MAX_UINT32), 6);
  return bytes;
}

/** Returns the key of a name, id by id as names are compared. The separator is below all characters of an id. */
function referenceKey(name: string): Buffer {
  const ids = name.split("/");
  // A numeric id sorts before all other ids, so the key of the ids before it is a lower bound.
  const end = ids.findIndex(isNumericId);
  const comparable = end < 0 ? ids : ids.slice(0, end);
  return textKey(comparable.map(id => id.replaceAll("\0", "\0\u0001")).join("\0\0"));
}

/** Returns the key of the part that is compared first: the first element, a vector's length, the least field name. */
function compositeKey(value: Value): Buffer {
  const vector = vectorElements(value);
  if (vector) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(vector.length);
    return length;
  }
  if (value.valueType === "arrayValue") {
    const first = value.arrayValue.values?.[0];
    return first ? indexKey(first) : NOTHING;
  }
  const names = value.valueType === "mapValue" ? Object.keys(value.mapValue.fields ?? {}) : [];
  return names.length === 0
    ? NOTHING
    : textKey(names.reduce((least, name) => (compareUtf8(name, least) < 0 ? name : least)));
}
