import type { Storage } from "../../storage.ts";
import type { DocumentTables } from "./document-tables.ts";
import { createDocumentTables } from "./document-tables.ts";
import type { FieldIndexes } from "./field-indexes.ts";
import { createFieldIndexes } from "./field-indexes.ts";

/** Documents from which on a collection uses indexes. Reading fewer documents costs less than a millisecond. */
const INDEX_FROM_SIZE = 100;

/** The tables that the databases of one server share. */
export interface DocumentStorage {
  storage: Storage;
  tables: DocumentTables;
  indexes: FieldIndexes;
  indexFromSize: number;
}

/** Opens the documents in a storage, those of earlier runs included. */
export function openDocuments(storage: Storage, indexFromSize = INDEX_FROM_SIZE): DocumentStorage {
  const tables = createDocumentTables(storage);
  return { storage, tables, indexes: createFieldIndexes(storage, tables), indexFromSize };
}
