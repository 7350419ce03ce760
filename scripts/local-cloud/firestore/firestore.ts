import { serve } from "../grpc/server.ts";
import { loadService } from "../grpc/services.ts";
import type { Storage } from "../storage.ts";
import type { Database, DatabaseOptions } from "./database.ts";
import { createDatabase } from "./database.ts";
import { openDocuments } from "./document-store.ts";
import type { Indexes } from "./index-definitions.ts";
import { listHandlers } from "./list-handlers.ts";
import { listenHandlers } from "./listen-handlers.ts";
import type { Operations } from "./operations.ts";
import { countOperations } from "./operations.ts";
import { partitionHandlers } from "./partition-handlers.ts";
import { readHandlers } from "./read-handlers.ts";
import { measureRequests } from "./request-size.ts";
import type { TtlFields } from "./ttl.ts";
import { writeHandlers } from "./write-handlers.ts";

/** How often abandoned transactions are looked for; far below their shortest lifetime. */
const EXPIRY_CHECK_MS = 1000;

export interface LocalFirestore {
  /** host:port, for the client's `host` or FIRESTORE_EMULATOR_HOST. */
  host: string;
  close(): void;
  /** Deletes what its TTL field says is expired, as far as no transaction holds it; how many that were. */
  sweepExpired(): number;
  /** Documents in all databases of all projects. */
  documentCount(): number;
  /** Streams of listeners that are open, whatever number of targets each has. */
  listenerCount(): number;
}

export interface FirestoreOptions extends DatabaseOptions {
  port?: number;
  /** Where the documents lie; closed by who opened it, after the service. */
  storage: Storage;
  /** The TTL policies, which the service gets from its deployment; nothing is deleted before `sweepExpired`. */
  ttlFields?: TtlFields;
  /** The indexes there are, which the service gets from its deployment, too; without them it answers every query. */
  indexes?: Indexes | undefined;
  /** Is added to with every document that is read or written. */
  operations?: Operations | undefined;
}

/**
 * Firestore on 127.0.0.1 for the official client. A confirmed commit is in the storage; transactions, listeners
 * and the readable past end with the process. `port` 0 or none takes any free one. Rejects when the port is
 * taken. What it does not support answers UNIMPLEMENTED.
 */
export async function startFirestore({
  port,
  ttlFields = {},
  indexes,
  storage,
  operations,
  ...options
}: FirestoreOptions): Promise<LocalFirestore> {
  const documents = openDocuments(storage);
  const databases = new Map<string, Database>();
  const databaseOf = (name: string): Database => {
    const database = databases.get(name) ?? createDatabase(documents, name, options);
    databases.set(name, database);
    return database;
  };
  documents.tables.databases().forEach(databaseOf);
  const sumOf = (count: (database: Database) => number) =>
    [...databases.values()].reduce((sum, database) => sum + count(database), 0);
  const handlers = {
    ...readHandlers(databaseOf, indexes),
    ...writeHandlers(databaseOf),
    ...listHandlers(databaseOf),
    ...listenHandlers(databaseOf),
    ...partitionHandlers(databaseOf),
  };
  const measured = measureRequests(loadService("firestore"));
  const definition = operations ? countOperations(measured, operations) : measured;
  const { host, close } = await serve([{ definition, handlers }], {
    port,
    onDisconnect: peer => {
      for (const database of databases.values()) database.connectionClosed(peer);
    },
  });
  const expiry = setInterval(() => {
    for (const database of databases.values()) database.endExpired();
  }, EXPIRY_CHECK_MS);
  expiry.unref();
  return {
    host,
    close() {
      clearInterval(expiry);
      close();
    },
    sweepExpired: () => sumOf(database => database.sweepExpired(ttlFields)),
    documentCount: () => sumOf(database => database.documentCount()),
    listenerCount: () => sumOf(database => database.observerCount()),
  };
}
