import type { Storage } from "../../storage.ts";
import type { DocumentCodec } from "../documents/document-codec.ts";
import { createDocumentCodec } from "../documents/document-codec.ts";
import type { StoredDocument } from "../documents/stored-document.ts";
import { readInPages } from "./read-in-pages.ts";

/** A collection of one database. A collection without documents keeps its number. */
export interface Collection {
  number: number;
  database: string;
  path: string;
  /** Number of documents. */
  size: number;
}

/** Ids between two bounds, both included; an absent bound does not limit. */
export interface IdRange {
  from?: string;
  to?: string;
}

export interface SizedDocument {
  document: StoredDocument;
  /** Size of the document's fields as stored. */
  bytes: number;
}

/** Bounds of all texts in SQLite's order. */
export const FIRST_ID = "";
export const LAST_ID = Buffer.alloc(0);

/** The unique index finds a document by its collection and id. New documents are appended to the table. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS firestore_databases (name TEXT PRIMARY KEY, reserved_micros INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS firestore_collections (
    number INTEGER PRIMARY KEY, database TEXT NOT NULL, path TEXT NOT NULL, UNIQUE (database, path));
  CREATE TABLE IF NOT EXISTS firestore_documents (
    number INTEGER PRIMARY KEY, collection INTEGER NOT NULL, id TEXT NOT NULL, fields BLOB NOT NULL,
    create_micros INTEGER NOT NULL, update_micros INTEGER NOT NULL, UNIQUE (collection, id))`;

const COLUMNS = "id, fields, create_micros, update_micros";

/** Opens the tables in a storage, and creates the missing ones. */
export function createDocumentTables({ db }: Pick<Storage, "db">): DocumentTables {
  db.exec(SCHEMA);
  return new DocumentTables(statementsFor(db));
}

type Statements = ReturnType<typeof statementsFor>;

function statementsFor(db: Storage["db"]) {
  return {
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
}

/** The documents of all databases. Each call is one statement, which is complete when the call returns. */
export class DocumentTables {
  readonly #sql: Statements;
  readonly #codec = createDocumentCodec();

  constructor(statements: Statements) {
    this.#sql = statements;
  }

  get(collection: Collection, id: string): SizedDocument | undefined {
    const row = this.#sql.get.get(collection.number, id);
    if (!row) return undefined;
    return { document: this.documentOf(collection, row), bytes: (row["fields"] as Uint8Array).length };
  }

  /** @returns the size of the document's fields in bytes */
  put(number: number, { id, fields, createMicros, updateMicros }: StoredDocument): number {
    const bytes = this.#codec.encode(fields);
    this.#sql.put.run(number, id, bytes, createMicros, updateMicros);
    return bytes.length;
  }

  delete(number: number, id: string): void {
    this.#sql.delete.run(number, id);
  }

  /** Returns documents in the order of their ids, ascending or descending. */
  walk(collection: Collection, ids: IdRange, descending: boolean): Iterable<StoredDocument> {
    let { from, to }: IdRange = ids;
    const statement = descending ? this.#sql.descending : this.#sql.ascending;
    const pages = readInPages((limit, last?: Positioned) => {
      if (last && descending) to = last.position;
      else if (last) from = last.position;
      return statement
        .all(collection.number, from ?? FIRST_ID, to ?? LAST_ID, limit)
        .map(row => ({ position: String(row["id"]), row }));
    });
    return mapped(pages, ({ row }) => this.documentOf(collection, row));
  }

  /** Returns all collections of a database, empty ones included. Reads the ids of all documents. */
  collections(database: string): Collection[] {
    const sizes = new Map(this.#sql.sizes.all().map(row => [row["collection"], Number(row["size"])]));
    return this.#sql.collections.all(database).map(({ number, path }) => {
      return { number: Number(number), database, path: String(path), size: sizes.get(number ?? 0) ?? 0 };
    });
  }

  /** @returns the number of the new collection */
  addCollection(database: string, path: string): number {
    return Number(this.#sql.addCollection.run(database, path).lastInsertRowid);
  }

  /** Returns the names of the databases that have had a commit. */
  databases(): string[] {
    return this.#sql.databases.all().map(({ name }) => String(name));
  }

  /** Returns a time that is after all commits of the database; 0 before the first one. */
  reservedMicros(database: string): number {
    return Number(this.#sql.reservedMicros.get(database)?.["reserved_micros"] ?? 0);
  }

  reserveMicros(database: string, micros: number): void {
    this.#sql.reserveMicros.run(database, micros);
  }

  /** Reads a document from a row with the columns of the documents. */
  documentOf(collection: Collection, row: Row): StoredDocument {
    return documentIn({ collection, row, codec: this.#codec });
  }
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

/** Reads a document and decodes its fields on their first use: many documents are only counted or named. */
function documentIn({ collection, row, codec }: StoredRow): StoredDocument {
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
