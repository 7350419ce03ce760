import { loadService } from "../../grpc/services.ts";
import type { DocumentMessage, Fields, Timestamp, Value } from "./messages.ts";
import { WireWriter } from "./wire-writer.ts";

/** Converts a document's fields to their stored form, the bytes that they have on the wire, and back. */
export interface DocumentCodec {
  /** Returns the stored form. The next call overwrites it. */
  encode(fields: Fields): Uint8Array;
  decode(bytes: Uint8Array): Fields;
}

/**
 * Creates a codec. Every value comes back as it was; an empty map or array comes back without its content list. The
 * codec has its own writer, which takes a third of the general writer's time: every commit encodes documents.
 */
export function createDocumentCodec(): DocumentCodec {
  const parse = loadService("firestore")["GetDocument"]?.responseDeserialize;
  if (!parse) throw new Error("Firestore client's descriptors lack GetDocument: run npm ci");
  const writer = new WireWriter();
  return {
    encode: fields => writer.write(() => writeFields(writer, fields, DOCUMENT_FIELDS)),
    decode(bytes) {
      const wire = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return (parse(wire) as DocumentMessage).fields ?? {};
    },
  };
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const tag = (field: number, type: number) => field * 8 + type;

/** Tags by the field numbers of google/firestore/v1/document.proto and google/type/latlng.proto. */
const DOCUMENT_FIELDS = tag(2, LENGTH_DELIMITED);
const MAP_FIELDS = tag(1, LENGTH_DELIMITED);
const ENTRY_KEY = tag(1, LENGTH_DELIMITED);
const ENTRY_VALUE = tag(2, LENGTH_DELIMITED);
const ARRAY_VALUES = tag(1, LENGTH_DELIMITED);

const VALUE_TAGS: Readonly<Record<Value["valueType"], number>> = {
  booleanValue: tag(1, VARINT),
  integerValue: tag(2, VARINT),
  doubleValue: tag(3, FIXED64),
  referenceValue: tag(5, LENGTH_DELIMITED),
  mapValue: tag(6, LENGTH_DELIMITED),
  geoPointValue: tag(8, LENGTH_DELIMITED),
  arrayValue: tag(9, LENGTH_DELIMITED),
  timestampValue: tag(10, LENGTH_DELIMITED),
  nullValue: tag(11, VARINT),
  stringValue: tag(17, LENGTH_DELIMITED),
  bytesValue: tag(18, LENGTH_DELIMITED),
};

function writeFields(writer: WireWriter, fields: Fields, fieldTag: number): void {
  for (const name of Object.keys(fields).reverse()) {
    const value = fields[name];
    if (!value) continue;
    writer.message(() => {
      writer.message(() => writeValue(writer, value));
      writer.varint(ENTRY_VALUE);
      writer.text(name);
      writer.varint(ENTRY_KEY);
    });
    writer.varint(fieldTag);
  }
}

function writeValue(writer: WireWriter, value: Value): void {
  writeContent(writer, value);
  writer.varint(VALUE_TAGS[value.valueType]);
}

function writeContent(writer: WireWriter, value: Value): void {
  switch (value.valueType) {
    case "nullValue":
      writer.varint(0);
      break;
    case "booleanValue":
      writer.varint(Number(value.booleanValue));
      break;
    case "integerValue":
      writer.int64(value.integerValue);
      break;
    case "doubleValue":
      writer.double(value.doubleValue);
      break;
    case "stringValue":
      writer.text(value.stringValue);
      break;
    case "bytesValue":
      writer.bytes(value.bytesValue);
      break;
    case "referenceValue":
      writer.text(value.referenceValue);
      break;
    default:
      writer.message(() => writeComposite(writer, value));
  }
}

function writeComposite(writer: WireWriter, value: Value): void {
  if (value.valueType === "timestampValue") writeTimestamp(writer, value.timestampValue);
  else if (value.valueType === "geoPointValue") writePlace(writer, value.geoPointValue);
  else if (value.valueType === "arrayValue") writeElements(writer, value.arrayValue.values ?? []);
  else if (value.valueType === "mapValue") writeFields(writer, value.mapValue.fields ?? {}, MAP_FIELDS);
}

function writeTimestamp(writer: WireWriter, { seconds, nanos }: Timestamp): void {
  if (nanos !== undefined) {
    writer.int64(String(nanos));
    writer.varint(tag(2, VARINT));
  }
  if (seconds !== undefined) {
    writer.int64(seconds);
    writer.varint(tag(1, VARINT));
  }
}

function writePlace(writer: WireWriter, place: { latitude?: number; longitude?: number }): void {
  writer.double(place.longitude ?? 0);
  writer.varint(tag(2, FIXED64));
  writer.double(place.latitude ?? 0);
  writer.varint(tag(1, FIXED64));
}

function writeElements(writer: WireWriter, elements: readonly Value[]): void {
  for (const element of elements.toReversed()) {
    writer.message(() => writeValue(writer, element));
    writer.varint(ARRAY_VALUES);
  }
}
