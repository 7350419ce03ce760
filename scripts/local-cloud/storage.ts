import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";

/** The state of the local cloud: in a folder, or in a temporary file that ends with the process. */
export interface Storage {
  /** Database of the services that have tables of their own. Each write outside `transaction` commits on its own. */
  readonly db: DatabaseSync;
  /** Store of the values that a service holds in memory while it runs. */
  readonly keeper: Keeper;
  /** Commits all writes of `run`, or none of them when `run` throws. `run` must be synchronous. */
  transaction<R>(run: () => R): R;
  close(): void;
}

/**
 * Values by kind and key that outlive the process. A value may hold Buffers and all that structured cloning supports.
 * A write survives every end of the process, a kill included, as soon as the call has returned.
 */
export interface Keeper {
  put(kind: string, key: string, value: unknown): void;
  delete(kind: string, key: string): void;
  /** Commits all writes of `run`, or none of them when `run` throws. `run` must be synchronous. */
  together<R>(run: () => R): R;
  /** True when no value outlives the process: a service may then skip preparing its values. */
  readonly forgets: boolean;
  /** Returns the values of a kind, in the order in which their keys were first put. */
  all<V>(kind: string): { key: string; value: V }[];
}

/** Format of the stored state; raised with every change of a table or of a kept value. Other versions are refused. */
const VERSION = 2;

/** Page cache of a folder. SQLite's default of 2 MB would read often used pages from the disk again and again. */
const CACHE_KIB = 16_384;

/** Page cache of a temporary file. A commit costs more per changed page in the cache: with 16 MB three times as much. */
const TEMPORARY_CACHE_KIB = 2048;

const FILE = "local-cloud.sqlite";

/** The data folder cannot be used. The message names the reason and the remedy. */
export class UnusableData extends Error {}

/**
 * Opens the state in a folder, or temporary state without a folder. Creates a folder that does not exist. The state
 * survives a crash of the process, not one of the machine: no write waits for the disk.
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

/** Opens a database without a name: SQLite stores it in a temporary file and deletes that on close. */
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
    // The first write takes the lock and holds it until close: two processes never share a folder.
    db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
      PRAGMA cache_size = -${CACHE_KIB}; BEGIN IMMEDIATE`);
    const version = Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version !== 0 && version !== VERSION) {
      throw new Error(`state has the wrong version: expected version ${VERSION}, got version ${version}`);
    }
    db.exec(`PRAGMA user_version = ${VERSION}; COMMIT`);
    return db;
  } catch (error) {
    db?.close();
    const message = `The data folder ${folder} cannot be used: ${reasonOf(error)}. ${REMEDY}`;
    throw new UnusableData(message, { cause: error });
  }
}

const REMEDY = "Name another folder with --data DIR, or delete this one to start empty.";

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return /database is locked/.test(reason) ? "another process uses it" : reason;
}

function transactionsOf(db: DatabaseSync): Storage["transaction"] {
  const begin = db.prepare("BEGIN");
  const commit = db.prepare("COMMIT");
  const rollback = db.prepare("ROLLBACK");
  return run => {
    // A nested transaction is a part of the outer one.
    if (db.isTransaction) return run();
    begin.run();
    try {
      const result = run();
      commit.run();
      return result;
    } catch (error) {
      // A full disk may have ended the transaction already.
      if (db.isTransaction) rollback.run();
      throw error;
    }
  };
}

/** Stores nothing and opens no transaction: an empty one in SQLite costs more than handling one message. */
const keepNothing: Keeper = {
  put: () => undefined,
  delete: () => undefined,
  together: run => run(),
  forgets: true,
  all: () => [],
};

function createKeeper(db: DatabaseSync, transaction: Storage["transaction"]): Keeper {
  db.exec(`
    CREATE TABLE IF NOT EXISTS kept (position INTEGER PRIMARY KEY,
      kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, UNIQUE (kind, key))`);
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
