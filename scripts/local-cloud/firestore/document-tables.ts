import type { Storage } from "../storage.ts";
import type { DocumentCodec } from "./document-codec.ts";
import { createDocumentCodec } from "./document-codec.ts";
import { readInPages } from "./read-in-pages.ts";
import type { StoredDocument } from "./stored-document.ts";

/** A collection of one database; it is there as long as it holds documents. */
export interface Collection {
  number: number;
  database: string;
  path: string;
  size: number;
}

/** Ids between two, both included; an absent one is no bound. */
export interface IdRange {
  from?: string | undefined;
  to?: string | undefined;
}

export interface SizedDocument {
  document: StoredDocument;
  /** The size of its fields as they are stored. */
  bytes: number;
}

export type DocumentTables = ReturnType<typeof createDocumentTables>;

/** In SQLite every text is between these two. */
export const FIRST_ID = "";
export const LAST_ID = Buffer.alloc(0);

/** An id is found through its collection's part of the index; documents themselves are appended as they come. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS firestore_databases (name TEXT PRIMARY KEY, reserved_micros INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS firestore_collections (
    number INTEGER PRIMARY KEY, database TEXT NOT NULL, path TEXT NOT NULL, UNIQUE (database, path));
  CREATE TABLE IF NOT EXISTS firestore_documents (
    number INTEGER PRIMARY KEY, collection INTEGER NOT NULL, id TEXT NOT NULL, fields BLOB NOT NULL,
    create_micros INTEGER NOT NULL, update_micros INTEGER NOT NULL, UNIQUE (collection, id))`;

const COLUMNS = "id, fields, create_micros, update_micros";

/** The documents of all databases. Each call is one statement that is over when it returns. */
export function createDocumentTables({ db }: Storage) {
  db.exec(SCHEMA);
  const codec = createDocumentCodec();
  const sql = {
    get: db.prepare(`SELECT ${COLUMNS} FROM firestore_documents WHERE collection = ? AND id = ?`),
    put: db.prepare(`INSERT INTO firestore_documents (collection, ${COLUMNS}) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (collection, id) DO UPDATE SET fields = excluded.fields,
      create_micros = excluded.create_micros, update_micros = excluded.update_micros`),
    delete: db.prepare("DELETE FROM firestore_documents WHERE collection = ? AND id = ?"),
    ascending: db.prepare(pageSql("ASC")),
    descending: db.prepare(pageSql("DESC")),
    collections: db.prepare("SELECT number, path FROM firestore_collections WHERE database = ?"),
    sizes: db.prepare("SELECT collection, count(*) AS size FROM firestore_documents GROUP BY collection"),
    addCollection: db.prepare("INSERT INTO firestore_collections (database, path) VALUES (?, ?)"),
    databases: db.prepare("SELECT name FROM firestore_databases"),
    reservedMicros: db.prepare("SELECT reserved_micros FROM firestore_databases WHERE name = ?"),
    reserveMicros: db.prepare(`INSERT INTO firestore_databases (name, reserved_micros) VALUES (?, ?)
      ON CONFLICT (name) DO UPDATE SET reserved_micros = excluded.reserved_micros`),
  };

  const decoded = (collection: Collection, row: Row) => documentOf({ collection, row, codec });

  return {
    get(collection: Collection, id: string): SizedDocument | undefined {
      const row = sql.get.get(collection.number, id);
      if (!row) return undefined;
      return { document: decoded(collection, row), bytes: (row["fields"] as Uint8Array).length };
    },
    /** Gives back the size of its fields in bytes. */
    put(number: number, { id, fields, createMicros, updateMicros }: StoredDocument): number {
      const bytes = codec.encode(fields);
      sql.put.run(number, id, bytes, createMicros, updateMicros);
      return bytes.length;
    },
    delete(number: number, id: string): void {
      sql.delete.run(number, id);
    },
    /** Documents in the order of their ids, from the one end or the other. */
    walk(collection: Collection, ids: IdRange, descending: boolean): Iterable<StoredDocument> {
      let { from, to }: { from?: string | undefined; to?: string | undefined } = ids;
      const statement = descending ? sql.descending : sql.ascending;
      const pages = readInPages((limit, last?: Positioned) => {
        if (last && descending) to = last.position;
        else if (last) from = last.position;
        return statement
          .all(collection.number, from ?? FIRST_ID, to ?? LAST_ID, limit)
          .map(row => ({ position: String(row["id"]), row }));
      });
      return mapped(pages, ({ row }) => decoded(collection, row));
    },
    /** All that the database has, also those that are empty by now. Reads the ids of all documents. */
    collections(database: string): Collection[] {
      const sizes = new Map(sql.sizes.all().map(row => [row["collection"], Number(row["size"])]));
      return sql.collections.all(database).map(({ number, path }) => {
        return { number: Number(number), database, path: String(path), size: sizes.get(number ?? 0) ?? 0 };
      });
    },
    addCollection: (database: string, path: string): number =>
      Number(sql.addCollection.run(database, path).lastInsertRowid),
    /** The databases that were ever written to. */
    databases: (): string[] => sql.databases.all().map(({ name }) => String(name)),
    /** All commits of the database are before this time; 0 when there was none. */
    reservedMicros: (database: string): number =>
      Number(sql.reservedMicros.get(database)?.["reserved_micros"] ?? 0),
    reserveMicros(database: string, micros: number): void {
      sql.reserveMicros.run(database, micros);
    },
    /** The document of a row with the columns of a document. */
    documentOf: decoded,
  };
}

function pageSql(direction: "ASC" | "DESC"): string {
  return `SELECT ${COLUMNS} FROM firestore_documents
    WHERE collection = ? AND id >= ? AND id <= ? ORDER BY id ${direction} LIMIT ?`;
}

function* mapped<From, To>(items: Iterable<From>, map: (item: From) => To): Generator<To> {
  for (const item of items) yield map(item);
}

interface Positioned {
  position: string;
  row: Row;
}

type Row = Record<string, unknown>;

interface StoredRow {
  collection: Collection;
  row: Row;
  codec: DocumentCodec;
}

/** Its fields are decoded when they are first looked at: many documents are only counted or named. */
function documentOf({ collection, row, codec }: StoredRow): StoredDocument {
  const id = String(row["id"]);
  let fields: StoredDocument["fields"] | undefined;
  return {
    name: `${collection.database}/documents/${collection.path}/${id}`,
    database: collection.database,
    path: `${collection.path}/${id}`,
    collection: collection.path,
    id,
    createMicros: Number(row["create_micros"]),
    updateMicros: Number(row["update_micros"]),
    get fields() {
      fields ??= codec.decode(row["fields"] as Uint8Array);
      return fields;
    },
  };
}
