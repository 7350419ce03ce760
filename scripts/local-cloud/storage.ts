import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";

/** Where the local cloud's state lies: in a folder, or in a file that ends with the process. */
export interface Storage {
  /** For a service with tables of its own; every write outside `transaction` is one by itself. */
  readonly db: DatabaseSync;
  /** For everything that a service holds in memory while it runs. */
  readonly keeper: Keeper;
  /** All writes of `run`, or none of them when it throws. It must not wait for anything. */
  transaction<R>(run: () => R): R;
  close(): void;
}

/**
 * What outlives the process: values by kind and key. A value may hold what structured cloning can, and Buffers. A
 * write survives the end of the process, however sudden, as soon as the call has returned.
 */
export interface Keeper {
  put(kind: string, key: string, value: unknown): void;
  delete(kind: string, key: string): void;
  /** All writes of `run`, or none of them when it throws. It must not wait for anything. */
  together<R>(run: () => R): R;
  /** Where this is true nothing outlives the process, and nobody need prepare what is to be kept. */
  readonly forgets: boolean;
  /** In the order of first put. */
  all<V>(kind: string): { key: string; value: V }[];
}

/** Raised with every change of a table or of a kept value: state of another version is not read. */
const VERSION = 2;

/** Pages kept in memory; SQLite's own 2 MB would read the disk for what a busy shop needs again and again. */
const CACHE_KIB = 16_384;

/** Here every commit costs the more the more pages of the cache have been changed: with 16 MB three times as much. */
const TEMPORARY_CACHE_KIB = 2048;

const FILE = "local-cloud.sqlite";

/** The folder cannot be used; the message tells why and what to do. */
export class UnusableData extends Error {}

/**
 * Opens the state in a folder, which is made where there is none, or a temporary one without a folder. It
 * survives the end of the process, not of the machine: nothing waits for the disk.
 * @throws UnusableData when the folder is in use, not writable, or of another version
 */
export function openStorage(folder?: string): Storage {
  const db = folder === undefined ? openTemporary() : openFolder(folder);
  const transaction = transactionsOf(db);
  return {
    db,
    keeper: folder === undefined ? keepNothing : createKeeper(db, transaction),
    transaction,
    close: () => db.close(),
  };
}

/** SQLite keeps a database without a name in a file of its own, which goes when it is closed. */
function openTemporary(): DatabaseSync {
  const db = new DatabaseSync("");
  db.exec(`PRAGMA cache_size = -${TEMPORARY_CACHE_KIB}; PRAGMA journal_mode = MEMORY`);
  return db;
}

function openFolder(folder: string): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(folder, { recursive: true });
    db = new DatabaseSync(join(folder, FILE));
    // The lock is taken by the first write and held to the end: two processes never share a folder.
    db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
      PRAGMA cache_size = -${CACHE_KIB}; BEGIN IMMEDIATE`);
    const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version !== 0 && version !== VERSION) {
      throw new Error(`it holds state of version ${version}, and this PulseCart reads ${VERSION}`);
    }
    db.exec(`PRAGMA user_version = ${VERSION}; COMMIT`);
    return db;
  } catch (error) {
    db?.close();
    const message = `The data folder ${folder} cannot be used: ${reasonOf(error)}. ${REMEDY}`;
    throw new UnusableData(message, { cause: error });
  }
}

const REMEDY = "Name another one with --data DIR, or delete it to start empty.";

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return /database is locked/.test(reason) ? "another process uses it" : reason;
}

function transactionsOf(db: DatabaseSync): Storage["transaction"] {
  const begin = db.prepare("BEGIN");
  const commit = db.prepare("COMMIT");
  const rollback = db.prepare("ROLLBACK");
  return run => {
    // A transaction inside another one is a part of it.
    if (db.isTransaction) return run();
    begin.run();
    try {
      const result = run();
      commit.run();
      return result;
    } catch (error) {
      // A full disk may have ended it already.
      if (db.isTransaction) rollback.run();
      throw error;
    }
  };
}

/** An empty transaction of SQLite's costs more than handling the message it is for. */
const keepNothing: Keeper = {
  put: () => undefined,
  delete: () => undefined,
  together: run => run(),
  forgets: true,
  all: () => [],
};

function createKeeper(db: DatabaseSync, transaction: Storage["transaction"]): Keeper {
  db.exec(`CREATE TABLE IF NOT EXISTS kept (
    position INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, UNIQUE (kind, key))`);
  const upsert = db.prepare(
    "INSERT INTO kept (kind, key, value) VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
  );
  const remove = db.prepare("DELETE FROM kept WHERE kind = ? AND key = ?");
  const select = db.prepare("SELECT key, value FROM kept WHERE kind = ? ORDER BY position");
  return {
    put: (kind, key, value) => void upsert.run(kind, key, serialize(value)),
    delete: (kind, key) => void remove.run(kind, key),
    together: transaction,
    forgets: false,
    all: <V>(kind: string) =>
      select.all(kind).map(row => ({
        key: String(row["key"]),
        value: deserialize(row["value"] as Uint8Array) as V,
      })),
  };
}
