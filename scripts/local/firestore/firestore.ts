import { loadService, serve } from "../grpc.ts";
import type { Database, DatabaseOptions } from "./database.ts";
import { createDatabase } from "./database.ts";
import { listHandlers } from "./list-handlers.ts";
import { readHandlers } from "./read-handlers.ts";
import { measureRequests } from "./request-size.ts";
import { writeHandlers } from "./write-handlers.ts";

/** How often abandoned transactions are looked for; far below their shortest lifetime. */
const EXPIRY_CHECK_MS = 1000;

export interface LocalFirestore {
  /** host:port, for the client's `host` or FIRESTORE_EMULATOR_HOST. */
  host: string;
  close(): void;
  /** Documents in all databases of all projects. */
  documentCount(): number;
}

/**
 * Firestore on 127.0.0.1 for the official client, all of it in memory: the documents end with the process.
 * `now` (milliseconds since 1970) gives documents their times; `port` 0 or none takes any free one. Rejects
 * when the port is taken. What it does not support answers UNIMPLEMENTED.
 */
export async function startFirestore({
  port,
  ...options
}: DatabaseOptions & { port?: number }): Promise<LocalFirestore> {
  const databases = new Map<string, Database>();
  const databaseOf = (name: string): Database => {
    const database = databases.get(name) ?? createDatabase(options);
    databases.set(name, database);
    return database;
  };
  const handlers = {
    ...readHandlers(databaseOf),
    ...writeHandlers(databaseOf),
    ...listHandlers(databaseOf),
  };
  const { host, close } = await serve(
    [{ definition: measureRequests(loadService("firestore")), handlers }],
    port,
  );
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
    documentCount: () => [...databases.values()].reduce((sum, database) => sum + database.documentCount(), 0),
  };
}
