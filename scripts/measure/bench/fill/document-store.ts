import { Timestamp } from "@google-cloud/firestore";
import type { Collection } from "../../../local-cloud/firestore/document-tables.ts";
import { createDocumentTables } from "../../../local-cloud/firestore/document-tables.ts";
import { createFieldIndexes } from "../../../local-cloud/firestore/field-indexes.ts";
import type { Fields, Value } from "../../../local-cloud/firestore/messages.ts";
import type { Storage } from "../../../local-cloud/storage.ts";

/** A document as functions write and read it. */
export type Plain = Readonly<Record<string, unknown>>;

/** In a write: adds to a number. */
export class Increment {
  readonly by: number;
  constructor(by: number) {
    this.by = by;
  }
}

/** In a write: the time of its commit. */
export class ServerTime {}

export type DocumentStore = ReturnType<typeof createDocumentStore>;

/** So many writes are one of SQLite's transactions: each costs more than the writes in it. */
const WRITES_OF_A_TRANSACTION = 50_000;

/**
 * The documents of a database in the tables of the local Firestore, which must not be open meanwhile. Nothing but the
 * tables is touched: indexes are made where they are first asked for.
 */
export function createDocumentStore(
  { db }: Pick<Storage, "db">,
  { database, now }: { database: string; now: () => number },
) {
  const tables = createDocumentTables({ db } as Storage);
  const collections = new Map(tables.collections(database).map(found => [found.path, found]));
  // They would not follow what is written here.
  createFieldIndexes({ db } as Storage, tables);
  db.exec("DELETE FROM firestore_entries; DELETE FROM firestore_indexes");
  let writes = 0;

  const collectionOf = (path: string): Collection => {
    const known = collections.get(path);
    if (known) return known;
    const found = { number: tables.addCollection(database, path), database, path, size: 0 };
    collections.set(path, found);
    return found;
  };
  const stored = (path: string, id: string) => tables.get(collectionOf(path), id)?.document;
  const count = (): void => {
    if (writes === 0) db.exec("BEGIN");
    writes += 1;
    if (writes === WRITES_OF_A_TRANSACTION) flush();
  };
  const flush = (): void => {
    if (writes > 0) db.exec("COMMIT");
    writes = 0;
  };

  return {
    has: (path: string, id: string): boolean => stored(path, id) !== undefined,
    get(path: string, id: string): Plain | undefined {
      const found = stored(path, id);
      return found && plainIn(found.fields);
    },
    put(path: string, id: string, data: Plain, { merges = false } = {}): void {
      const before = stored(path, id);
      const micros = Math.floor(now() * 1000);
      const fields = fieldsOf(data, { before: before?.fields ?? {}, micros });
      count();
      const collection = collectionOf(path);
      const name = `${database}/documents/${path}/${id}`;
      tables.put(collection.number, {
        ...{ name, database, path: `${path}/${id}`, collection: path, id },
        fields: merges ? { ...before?.fields, ...fields } : fields,
        createMicros: before?.createMicros ?? micros,
        updateMicros: micros,
      });
    },
    delete(path: string, id: string): void {
      count();
      tables.delete(collectionOf(path).number, id);
    },
    /** Writes what is left, and that every commit was before now. */
    close(): void {
      flush();
      tables.reserveMicros(database, Math.floor(now() * 1000));
    },
  };
}

interface Written {
  before: Fields;
  micros: number;
}

function fieldsOf(data: Plain, written: Written): Fields {
  const fields: Fields = {};
  for (const [name, value] of Object.entries(data)) {
    if (value === undefined) continue;
    fields[name] =
      value instanceof Increment ? sumOf(written.before[name], value.by) : storedOf(value, written.micros);
  }
  return fields;
}

function sumOf(before: Value | undefined, by: number): Value {
  const sum = before ? Number(plainOf(before)) + by : by;
  return numberOf(sum);
}

function numberOf(value: number): Value {
  return Number.isSafeInteger(value)
    ? { valueType: "integerValue", integerValue: String(value) }
    : { valueType: "doubleValue", doubleValue: value };
}

function storedOf(value: unknown, micros: number): Value {
  if (value === null) return { valueType: "nullValue", nullValue: "NULL_VALUE" };
  if (typeof value === "string") return { valueType: "stringValue", stringValue: value };
  if (typeof value === "number") return numberOf(value);
  if (typeof value === "boolean") return { valueType: "booleanValue", booleanValue: value };
  if (value instanceof ServerTime) return timeOf(Math.floor(micros / 1e6), (micros % 1e6) * 1e3);
  if (value instanceof Timestamp) return timeOf(value.seconds, value.nanoseconds);
  if (Array.isArray(value)) {
    const values = value.map(one => storedOf(one, micros));
    return { valueType: "arrayValue", arrayValue: { values } };
  }
  const fields = fieldsOf(value as Plain, { before: {}, micros });
  return { valueType: "mapValue", mapValue: { fields } };
}

/** What is zero is not on the wire. */
function timeOf(seconds: number, nanos: number): Value {
  const timestampValue = { seconds: String(seconds), ...(nanos > 0 && { nanos }) };
  return { valueType: "timestampValue", timestampValue };
}

function plainIn(fields: Fields): Plain {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plainOf(value)]));
}

function plainOf(value: Value): unknown {
  switch (value.valueType) {
    case "nullValue":
      return null;
    case "integerValue":
      return Number(value.integerValue);
    case "timestampValue": {
      const { seconds = "0", nanos = 0 } = value.timestampValue;
      return new Timestamp(Number(seconds), nanos);
    }
    case "arrayValue":
      return (value.arrayValue.values ?? []).map(plainOf);
    case "mapValue":
      return plainIn(value.mapValue.fields ?? {});
    case "stringValue":
      return value.stringValue;
    case "booleanValue":
      return value.booleanValue;
    case "doubleValue":
      return value.doubleValue;
    default:
      throw new Error(`No function writes a ${value.valueType}`);
  }
}

let store: DocumentStore | undefined;

export function useStore(used: DocumentStore): void {
  store = used;
}

/** The documents of the day that is being filled. */
export function filled(): DocumentStore {
  if (!store) throw new Error("There is no day to be filled: call useStore first");
  return store;
}
