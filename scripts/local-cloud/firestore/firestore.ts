import { serve } from "../grpc/server.ts";
import { loadService } from "../grpc/services.ts";
import type { Storage } from "../storage.ts";
import type { DatabaseOptions } from "./database/database.ts";
import { Database } from "./database/database.ts";
import type { TtlFields } from "./database/ttl.ts";
import { documentHandlers } from "./handlers/document-handlers.ts";
import { listHandlers } from "./handlers/list-handlers.ts";
import { partitionHandlers } from "./handlers/partition-handlers.ts";
import { queryHandlers } from "./handlers/query-handlers.ts";
import { readHandlers } from "./handlers/read-handlers.ts";
import { measureRequests } from "./handlers/request-size.ts";
import { writeHandlers } from "./handlers/write-handlers.ts";
import { listenHandlers } from "./listen/listen-handlers.ts";
import type { Operations } from "./operations.ts";
import { countOperations } from "./operations.ts";
import type { IndexCheck } from "./query/index-check.ts";
import { checkOfIndexes } from "./query/index-check.ts";
import type { Indexes } from "./query/index-definitions.ts";
import { openDocuments } from "./store/document-storage.ts";

/** Interval of the search for abandoned transactions: below their shortest lifetime. */
const EXPIRY_CHECK_MS = 1000;

export interface LocalFirestore {
  /** host:port, for the client's `host` or FIRESTORE_EMULATOR_HOST. */
  host: string;
  close(): void;
  /**
   * Deletes the documents that have expired by their TTL field. Documents read by an open transaction stay.
   * @returns the number of deleted documents
   */
  sweepExpired(): number;
  /** Returns the number of documents in all databases of all projects. */
  documentCount(): number;
  /** Returns the number of open Listen streams, whatever number of targets each has. */
  listenerCount(): number;
}

/** The settings that a database gets from a deployment. */
export interface DeployedDatabase {
  /** Name of the database: projects/P/databases/D. */
  database: string;
  /** TTL policies. Only `sweepExpired` deletes documents. Absent: none. */
  ttlFields?: TtlFields;
  /** Defined indexes. Absent: every query is answered. */
  indexes?: Indexes;
}

export interface FirestoreOptions extends DatabaseOptions {
  /** 0, the default, takes any free port. */
  port?: number;
  /** Storage of the documents. The caller opens it, and closes it after the service. */
  storage: Storage;
  /** Settings of one database. Other databases have no TTL policy, and answer every query. */
  deployed?: DeployedDatabase;
  /** Counters to which every read and written document is added. */
  operations?: Operations;
}

/**
 * Starts Firestore on 127.0.0.1 for the official client. A confirmed commit is in the storage. Transactions,
 * listeners and the readable past end with the process. Unsupported features answer UNIMPLEMENTED.
 * @throws NodeJS.ErrnoException EADDRINUSE when the port is in use
 */
export async function startFirestore({
  port,
  deployed = { database: "" },
  storage,
  operations,
  ...options
}: FirestoreOptions): Promise<LocalFirestore> {
  const databases = openDatabases(storage, options);
  const measured = measureRequests(loadService("firestore"));
  const definition = operations ? countOperations(measured, operations) : measured;
  const handlers = handlersOf(databases.named, checkOfIndexes(deployed.database, deployed.indexes));
  const { host, close } = await serve([{ definition, handlers }], {
    port,
    onDisconnect: peer => {
      for (const database of databases.all()) database.connectionClosed(peer);
    },
  });
  const expiry = setInterval(() => {
    for (const database of databases.all()) database.endExpired();
  }, EXPIRY_CHECK_MS);
  expiry.unref();
  const { sumOf } = databases;
  return {
    host,
    close() {
      clearInterval(expiry);
      close();
    },
    sweepExpired: () => {
      const { database, ttlFields } = deployed;
      return ttlFields ? databases.named(database).sweepExpired(ttlFields) : 0;
    },
    documentCount: () => sumOf(database => database.documentCount()),
    listenerCount: () => sumOf(database => database.observerCount()),
  };
}

/** Opens the stored databases; others are created on their first use. */
function openDatabases(storage: Storage, options: DatabaseOptions) {
  const documents = openDocuments(storage);
  const databases = new Map<string, Database>();
  const named = (name: string): Database => {
    const database = databases.get(name) ?? new Database(documents, name, options);
    databases.set(name, database);
    return database;
  };
  for (const name of documents.tables.databases()) named(name);
  const sumOf = (count: (database: Database) => number) =>
    [...databases.values()].reduce((sum, database) => sum + count(database), 0);
  return { named, all: () => databases.values(), sumOf };
}

function handlersOf(databaseOf: (name: string) => Database, demandIndex: IndexCheck) {
  return {
    ...readHandlers(databaseOf),
    ...queryHandlers(databaseOf, demandIndex),
    ...writeHandlers(databaseOf),
    ...documentHandlers(databaseOf),
    ...listHandlers(databaseOf),
    ...partitionHandlers(databaseOf),
    ...listenHandlers({ databaseOf, demandIndex }),
  };
}
