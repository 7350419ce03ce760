import type { Storage } from "../../storage.ts";
import { getField } from "../documents/field-path.ts";
import { indexKey } from "../documents/index-key.ts";
import type { Fields } from "../documents/messages.ts";
import type { IndexSubject, KeyRange } from "../documents/narrowing.ts";
import type { Change, StoredDocument } from "../documents/stored-document.ts";
import type { Collection, DocumentTables, IdRange } from "./document-tables.ts";
import { FIRST_ID, LAST_ID } from "./document-tables.ts";
import { readInPages } from "./read-in-pages.ts";

/** The place of an entry in its index. */
interface Position {
  key: Uint8Array;
  id: string | Uint8Array;
}

interface Entry extends Position {
  /** Key and id as one text, unique in the index. */
  position: string;
  document: StoredDocument;
}

interface WalkOptions {
  /** Bounds of the ids. Only a range of one key may have some: its entries are in the order of their ids. */
  ids: IdRange;
  descending: boolean;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS firestore_indexes (
    number INTEGER PRIMARY KEY, collection INTEGER NOT NULL, field TEXT NOT NULL, UNIQUE (collection, field));
  CREATE TABLE IF NOT EXISTS firestore_entries (
    field INTEGER NOT NULL, key BLOB NOT NULL, id TEXT NOT NULL, PRIMARY KEY (field, key, id)) WITHOUT ROWID`;

/** Opens the indexes in a storage, and creates the missing tables. */
export function createFieldIndexes(storage: Storage, tables: DocumentTables): FieldIndexes {
  storage.db.exec(SCHEMA);
  return new FieldIndexes(storage, tables);
}

function statementsFor(db: Storage["db"]) {
  return {
    indexes: db.prepare("SELECT number, collection, field FROM firestore_indexes"),
    addIndex: db.prepare("INSERT INTO firestore_indexes (collection, field) VALUES (?, ?)"),
    add: db.prepare("INSERT INTO firestore_entries (field, key, id) VALUES (?, ?, ?)"),
    remove: db.prepare("DELETE FROM firestore_entries WHERE field = ? AND key = ? AND id = ?"),
    count: db.prepare(`SELECT count(*) AS count FROM
      (SELECT 1 FROM firestore_entries WHERE field = ? AND key >= ? AND key <= ? LIMIT ?)`),
    ascending: db.prepare(pageSql("ASC")),
    descending: db.prepare(pageSql("DESC")),
  };
}

/**
 * Indexes of single fields of single collections, stored with the documents. The first query that needs an index
 * creates it, which reads the whole collection. Afterwards the index follows every change of a document.
 */
export class FieldIndexes {
  readonly #transaction: Storage["transaction"];
  readonly #tables: DocumentTables;
  readonly #sql: ReturnType<typeof statementsFor>;
  /** The indexes by collection number and field key. */
  readonly #indexes = new Map<number, Map<string, { number: number; field: IndexSubject }>>();

  constructor({ db, transaction }: Storage, tables: DocumentTables) {
    this.#transaction = transaction;
    this.#tables = tables;
    this.#sql = statementsFor(db);
    for (const { number, collection, field } of this.#sql.indexes.all()) {
      this.#remember(Number(collection), Number(number), JSON.parse(String(field)) as IndexSubject);
    }
  }

  /** Tells whether the collection has any index that a change could touch. */
  hasAny(collection: number): boolean {
    return this.#indexes.has(collection);
  }

  has(collection: Collection, field: IndexSubject): boolean {
    return this.#find(collection, field) !== undefined;
  }

  /** Returns the number of entries in a range, at most the limit. Creates a missing index. */
  count(collection: Collection, { field, from, to }: KeyRange, limit: number): number {
    const number = this.#find(collection, field) ?? this.#create(collection, field);
    return Number(this.#sql.count.get(number, from, to, limit)?.["count"]);
  }

  /** Returns the documents of a range in the order of their keys, then of their ids. Creates a missing index. */
  walk(
    collection: Collection,
    { field, ...range }: KeyRange,
    { ids, descending }: WalkOptions,
  ): Generator<Entry> {
    const number = this.#find(collection, field) ?? this.#create(collection, field);
    let from: Position = { key: range.from, id: ids.from ?? FIRST_ID };
    let to: Position = { key: range.to, id: ids.to ?? LAST_ID };
    return readInPages((limit, last?: Entry) => {
      if (last && descending) to = last;
      else if (last) from = last;
      const statement = descending ? this.#sql.descending : this.#sql.ascending;
      return statement
        .all(collection.number, number, from.key, from.id, to.key, to.id, limit)
        .map((row): Entry => {
          const key = row["key"] as Uint8Array;
          const id = String(row["id"]);
          const position = `${Buffer.from(key).toString("latin1")}/${id}`;
          return { key, id, position, document: this.#tables.documentOf(collection, row) };
        });
    });
  }

  /** Updates the collection's indexes with a change. To be called in the transaction of every change. */
  follow(collection: number, { place, before, after }: Change): void {
    for (const { number, field } of this.#indexes.get(collection)?.values() ?? []) {
      const old = keysOf(before?.fields, field);
      const current = keysOf(after?.fields, field);
      for (const key of without(old, current)) this.#sql.remove.run(number, key, place.id);
      for (const key of without(current, old)) this.#sql.add.run(number, key, place.id);
    }
  }

  #find(collection: Collection, field: IndexSubject): number | undefined {
    return this.#indexes.get(collection.number)?.get(field.key)?.number;
  }

  #create(collection: Collection, { key, path, of }: IndexSubject): number {
    const field = { key, path, of };
    const number = this.#transaction(() => {
      const { lastInsertRowid } = this.#sql.addIndex.run(collection.number, JSON.stringify(field));
      const added = Number(lastInsertRowid);
      for (const { id, fields } of this.#tables.walk(collection, {}, false)) {
        for (const keyOfField of keysOf(fields, field)) this.#sql.add.run(added, keyOfField, id);
      }
      return added;
    });
    this.#remember(collection.number, number, field);
    return number;
  }

  #remember(collection: number, number: number, field: IndexSubject): void {
    const ofCollection = this.#indexes.get(collection) ?? new Map();
    this.#indexes.set(collection, ofCollection.set(field.key, { number, field }));
  }
}

/** Selects entries with their documents. The order of the tables in the statement is the order of the search. */
function pageSql(direction: "ASC" | "DESC"): string {
  return `SELECT entry.key, entry.id, document.fields, document.create_micros, document.update_micros
    FROM firestore_entries AS entry CROSS JOIN firestore_documents AS document
    ON document.collection = ? AND document.id = entry.id
    WHERE entry.field = ? AND (entry.key, entry.id) >= (?, ?) AND (entry.key, entry.id) <= (?, ?)
    ORDER BY entry.key ${direction}, entry.id ${direction} LIMIT ?`;
}

function keysOf(fields: Fields | undefined, { path, of }: IndexSubject): Buffer[] {
  const value = fields && getField(fields, path);
  if (!value) return [];
  if (of === "value") return [indexKey(value)];
  if (value.valueType !== "arrayValue") return [];
  const keys = (value.arrayValue.values ?? []).map(indexKey);
  return keys.filter((key, index) => keys.findIndex(other => other.equals(key)) === index);
}

const without = (keys: readonly Buffer[], others: readonly Buffer[]) =>
  keys.filter(key => !others.some(other => other.equals(key)));
