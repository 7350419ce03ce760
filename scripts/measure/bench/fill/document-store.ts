import { Timestamp } from "@google-cloud/firestore";
import type { Fields, Value } from "../../../local-cloud/firestore/documents/messages.ts";
import type { Collection } from "../../../local-cloud/firestore/store/document-tables.ts";
import { createDocumentTables } from "../../../local-cloud/firestore/store/document-tables.ts";
import { createFieldIndexes } from "../../../local-cloud/firestore/store/field-indexes.ts";
import type { Storage } from "../../../local-cloud/storage.ts";

/** A document in the form that functions read and write. */
export type PlainDocument = Readonly<Record<string, unknown>>;

/** Stands in a write for the sum of the stored number and this one. */
export class Increment {
  readonly by: number;
  constructor(by: number) {
    this.by = by;
  }
}

/** Stands in a write for the time of the commit. */
export class ServerTime {}

/** Stands in an update for a field to remove. */
export class Removed {}

/** Writes per SQLite transaction. A transaction costs more than the writes in it. */
const WRITES_OF_A_TRANSACTION = 50_000;

/**
 * The documents of a database in the tables of the local Firestore, which must not run at the same time. Indexes are
 * left out. The local Firestore creates an index with the first query that needs it.
 */
export class DocumentStore {
  readonly #db: Storage["db"];
  readonly #database: string;
  readonly #now: () => number;
  readonly #tables: ReturnType<typeof createDocumentTables>;
  readonly #collections: Map<string, Collection>;
  /** Writes of the open SQLite transaction. */
  #writes = 0;

  constructor({ db }: Pick<Storage, "db">, { database, now }: { database: string; now: () => number }) {
    this.#db = db;
    this.#database = database;
    this.#now = now;
    this.#tables = createDocumentTables({ db } as Storage);
    this.#collections = new Map(this.#tables.collections(database).map(found => [found.path, found]));
    // Existing indexes are deleted because these writes would not update them.
    createFieldIndexes({ db } as Storage, this.#tables);
    db.exec("DELETE FROM firestore_entries; DELETE FROM firestore_indexes");
  }

  has(path: string, id: string): boolean {
    return this.#stored(path, id) !== undefined;
  }

  get(path: string, id: string): PlainDocument | undefined {
    const found = this.#stored(path, id);
    return found && plainIn(found.fields);
  }

  put(path: string, id: string, data: PlainDocument, { merges = false } = {}): void {
    const before = this.#stored(path, id);
    const micros = Math.floor(this.#now() * 1000);
    const fields = fieldsOf(data, { before: before?.fields ?? {}, micros });
    this.#countWrite();
    const name = `${this.#database}/documents/${path}/${id}`;
    this.#tables.put(this.#collection(path).number, {
      ...{ name, database: this.#database, path: `${path}/${id}`, collection: path, id },
      fields: merges ? { ...keptOf(before?.fields, data), ...fields } : fields,
      createMicros: before?.createMicros ?? micros,
      updateMicros: micros,
    });
  }

  delete(path: string, id: string): void {
    this.#countWrite();
    this.#tables.delete(this.#collection(path).number, id);
  }

  /** Commits the last writes, and reserves all commit times before now. */
  close(): void {
    this.#flush();
    this.#tables.reserveMicros(this.#database, Math.floor(this.#now() * 1000));
  }

  #stored(path: string, id: string) {
    return this.#tables.get(this.#collection(path), id)?.document;
  }

  #collection(path: string): Collection {
    const known = this.#collections.get(path);
    if (known) return known;
    const database = this.#database;
    const added = { number: this.#tables.addCollection(database, path), database, path, size: 0 };
    this.#collections.set(path, added);
    return added;
  }

  #countWrite(): void {
    if (this.#writes === 0) this.#db.exec("BEGIN");
    this.#writes += 1;
    if (this.#writes === WRITES_OF_A_TRANSACTION) this.#flush();
  }

  #flush(): void {
    if (this.#writes > 0) this.#db.exec("COMMIT");
    this.#writes = 0;
  }
}

/** The stored fields before a write, and the time of its commit. */
interface WriteContext {
  before: Fields;
  micros: number;
}

function fieldsOf(data: PlainDocument, context: WriteContext): Fields {
  const fields: Fields = {};
  for (const [name, value] of Object.entries(data)) {
    if (value === undefined || value instanceof Removed) continue;
    fields[name] =
      value instanceof Increment ? sumOf(context.before[name], value.by) : storedOf(value, context.micros);
  }
  return fields;
}

/** Returns the stored fields that a merge does not remove. */
function keptOf(before: Fields = {}, data: PlainDocument): Fields {
  return Object.fromEntries(Object.entries(before).filter(([name]) => !(data[name] instanceof Removed)));
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
  const fields = fieldsOf(value as PlainDocument, { before: {}, micros });
  return { valueType: "mapValue", mapValue: { fields } };
}

/** Builds a time value. The wire format leaves zero out. */
function timeOf(seconds: number, nanos: number): Value {
  const timestampValue = { seconds: String(seconds), ...(nanos > 0 && { nanos }) };
  return { valueType: "timestampValue", timestampValue };
}

function plainIn(fields: Fields): PlainDocument {
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
      throw new Error(`Value type unknown: expected one that functions write, got ${value.valueType}`);
  }
}

let store: DocumentStore | undefined;

export function useStore(used: DocumentStore): void {
  store = used;
}

/** Returns the documents of the day that is being filled. @throws Error before `useStore` */
export function filledStore(): DocumentStore {
  if (!store) throw new Error("Document store missing: call useStore first.");
  return store;
}
