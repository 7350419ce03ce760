import type { Storage } from "../storage.ts";
import type { Collection, DocumentTables, IdRange } from "./document-tables.ts";
import { FIRST_ID, LAST_ID } from "./document-tables.ts";
import { getField } from "./field-path.ts";
import { indexKey } from "./index-key.ts";
import type { Fields } from "./messages.ts";
import type { IndexedField, KeyRange } from "./narrowing.ts";
import { readInPages } from "./read-in-pages.ts";
import type { Change, StoredDocument } from "./stored-document.ts";

export type FieldIndexes = ReturnType<typeof createFieldIndexes>;

/** The place of an entry in its index. */
interface Position {
  key: Uint8Array;
  id: string | Uint8Array;
}

interface Entry extends Position {
  /** Key and id as one text: the same entry has the same. */
  position: string;
  document: StoredDocument;
}

interface WalkOptions {
  /** Only for a range of one key, whose entries are in the order of their ids. */
  ids: IdRange;
  descending: boolean;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS firestore_indexes (
    number INTEGER PRIMARY KEY, collection INTEGER NOT NULL, field TEXT NOT NULL, UNIQUE (collection, field));
  CREATE TABLE IF NOT EXISTS firestore_entries (
    field INTEGER NOT NULL, key BLOB NOT NULL, id TEXT NOT NULL, PRIMARY KEY (field, key, id)) WITHOUT ROWID`;

/**
 * Indexes of single fields of single collections, kept with the documents. One is made when it is first asked
 * for, which reads the whole collection, and then follows every change of a document.
 */
export function createFieldIndexes({ db, transaction }: Storage, tables: DocumentTables) {
  db.exec(SCHEMA);
  const sql = {
    indexes: db.prepare("SELECT number, collection, field FROM firestore_indexes"),
    addIndex: db.prepare("INSERT INTO firestore_indexes (collection, field) VALUES (?, ?)"),
    add: db.prepare("INSERT INTO firestore_entries (field, key, id) VALUES (?, ?, ?)"),
    remove: db.prepare("DELETE FROM firestore_entries WHERE field = ? AND key = ? AND id = ?"),
    count: db.prepare(`SELECT count(*) AS count FROM
      (SELECT 1 FROM firestore_entries WHERE field = ? AND key >= ? AND key <= ? LIMIT ?)`),
    ascending: db.prepare(pageSql("ASC")),
    descending: db.prepare(pageSql("DESC")),
  };
  /** By collection number and the field's key. */
  const indexes = new Map<number, Map<string, { number: number; field: IndexedField }>>();
  for (const { number, collection, field } of sql.indexes.all()) {
    remember(Number(collection), Number(number), JSON.parse(String(field)) as IndexedField);
  }

  function remember(collection: number, number: number, field: IndexedField): void {
    const ofCollection = indexes.get(collection) ?? new Map();
    indexes.set(collection, ofCollection.set(field.key, { number, field }));
  }

  const find = (collection: Collection, field: IndexedField) =>
    indexes.get(collection.number)?.get(field.key)?.number;

  function make(collection: Collection, { key, path, of }: IndexedField): number {
    const field = { key, path, of };
    const number = transaction(() => {
      const added = Number(sql.addIndex.run(collection.number, JSON.stringify(field)).lastInsertRowid);
      for (const { id, fields } of tables.walk(collection, {}, false)) {
        for (const keyOfField of keysOf(fields, field)) sql.add.run(added, keyOfField, id);
      }
      return added;
    });
    remember(collection.number, number, field);
    return number;
  }

  return {
    /** Whether a change in the collection changes any index. */
    hasAny: (collection: number): boolean => indexes.has(collection),
    has: (collection: Collection, field: IndexedField): boolean => find(collection, field) !== undefined,
    /** How many entries the range has, but not more than the limit; makes the index where there is none. */
    count(collection: Collection, { field, from, to }: KeyRange, limit: number): number {
      const number = find(collection, field) ?? make(collection, field);
      return Number(sql.count.get(number, from, to, limit)?.["count"]);
    },
    /** The documents of a range in the order of their keys, then of their ids. */
    walk(collection: Collection, { field, ...range }: KeyRange, { ids, descending }: WalkOptions) {
      const number = find(collection, field) ?? make(collection, field);
      let from: Position = { key: range.from, id: ids.from ?? FIRST_ID };
      let to: Position = { key: range.to, id: ids.to ?? LAST_ID };
      return readInPages((limit, last?: Entry) => {
        if (last && descending) to = last;
        else if (last) from = last;
        const statement = descending ? sql.descending : sql.ascending;
        return statement
          .all(collection.number, number, from.key, from.id, to.key, to.id, limit)
          .map((row): Entry => {
            const key = row["key"] as Uint8Array;
            const id = String(row["id"]);
            const position = `${Buffer.from(key).toString("latin1")}/${id}`;
            return { key, id, position, document: tables.documentOf(collection, row) };
          });
      });
    },
    /** To be called with every change, in its transaction. */
    follow(collection: number, { place, before, after }: Change): void {
      for (const { number, field } of indexes.get(collection)?.values() ?? []) {
        const old = keysOf(before?.fields, field);
        const current = keysOf(after?.fields, field);
        for (const key of without(old, current)) sql.remove.run(number, key, place.id);
        for (const key of without(current, old)) sql.add.run(number, key, place.id);
      }
    },
  };
}

/** Every document of an entry: the order of the tables in the statement is the order of the search. */
function pageSql(direction: "ASC" | "DESC"): string {
  return `SELECT entry.key, entry.id, document.fields, document.create_micros, document.update_micros
    FROM firestore_entries AS entry CROSS JOIN firestore_documents AS document
    ON document.collection = ? AND document.id = entry.id
    WHERE entry.field = ? AND (entry.key, entry.id) >= (?, ?) AND (entry.key, entry.id) <= (?, ?)
    ORDER BY entry.key ${direction}, entry.id ${direction} LIMIT ?`;
}

function keysOf(fields: Fields | undefined, { path, of }: IndexedField): Buffer[] {
  const value = fields && getField(fields, path);
  if (!value) return [];
  if (of === "value") return [indexKey(value)];
  if (value.valueType !== "arrayValue") return [];
  const keys = (value.arrayValue.values ?? []).map(indexKey);
  return keys.filter((key, index) => keys.findIndex(other => other.equals(key)) === index);
}

const without = (keys: readonly Buffer[], others: readonly Buffer[]) =>
  keys.filter(key => !others.some(other => other.equals(key)));
