import { randomUUID } from "node:crypto";
import type { CollectionReference } from "@google-cloud/firestore";
import { Firestore } from "@google-cloud/firestore";
import { afterAll, afterEach, beforeAll } from "@jest/globals";
import { startFirestore } from "../firestore/firestore.ts";
import { openStorage } from "../storage.ts";
import type { RawListener } from "./firestore-wire.ts";
import { callFirestore, openRawListener } from "./firestore-wire.ts";

// Without this variable the client looks for Google's metadata server before its first call.
process.env["METADATA_SERVER_DETECTION"] = "none";

/** Project of one test file: files that run at once on one server do not see each other. */
const PROJECT = `demo-${randomUUID().slice(0, 8)}`;
export const DATABASE = `projects/${PROJECT}/databases/(default)`;

export interface TestFirestore {
  readonly db: Firestore;
  readonly host: string;
  /** Creates a further client, as another process would have; closed at the end like the first. */
  connect(settings?: { projectId?: string; databaseId?: string; host?: string }): Firestore;
  /** Makes one call without the client's retries, which take seconds before they show a refusal. */
  call(method: string, request: object, host?: string): Promise<Array<Record<string, unknown>>>;
  /** Opens a Listen stream as it is on the wire; closed after the test. */
  listen(): RawListener;
  /** Returns a collection that no other test uses. */
  collection(): CollectionReference;
  /** Returns a collection for a whole file, which is made on first use. */
  lazyCollection(): () => CollectionReference;
}

/** The server of a test, embedded or not. */
export interface FirestoreServer {
  host: string;
  close(): void;
}

/** Starts one server and client for the test file, from before its first test until after its last one. */
export function testFirestore(start: () => Promise<FirestoreServer> = startHere): TestFirestore {
  const running = new RunningFirestore(start);
  beforeAll(() => running.open());
  afterEach(() => running.closeListeners());
  afterAll(() => running.close());
  return running;
}

class RunningFirestore implements TestFirestore {
  readonly #start: () => Promise<FirestoreServer>;
  readonly #clients: Firestore[] = [];
  readonly #listeners: RawListener[] = [];
  #server: FirestoreServer | undefined;
  #db: Firestore | undefined;

  constructor(start: () => Promise<FirestoreServer>) {
    this.#start = start;
  }

  get db(): Firestore {
    if (!this.#db) throw new Error("Firestore is not started: use `db` inside a test");
    return this.#db;
  }

  get host(): string {
    if (!this.#server) throw new Error("Firestore is not started: use `host` inside a test");
    return this.#server.host;
  }

  readonly connect: TestFirestore["connect"] = (settings = {}) => {
    const client = new Firestore({ projectId: PROJECT, host: this.host, ...settings, ssl: false });
    this.#clients.push(client);
    return client;
  };

  readonly call: TestFirestore["call"] = (method, request, host = this.host) =>
    callFirestore(host, method, request);

  listen(): RawListener {
    const listener = openRawListener(this.host, DATABASE);
    this.#listeners.push(listener);
    return listener;
  }

  collection(): CollectionReference {
    return this.db.collection(`test-${randomUUID()}`);
  }

  lazyCollection(): () => CollectionReference {
    const id = `test-${randomUUID()}`;
    return () => this.db.collection(id);
  }

  async open(): Promise<void> {
    this.#server = await this.#start();
    this.#db = this.connect();
  }

  closeListeners(): void {
    for (const listener of this.#listeners.splice(0)) listener.close();
  }

  async close(): Promise<void> {
    // The response comes after the end of the streams whose listeners have stopped: none fails later.
    await this.db.doc("test/end").get();
    await Promise.all(this.#clients.map(client => client.terminate()));
    this.#server?.close();
  }
}

const startHere = () => startFirestore({ now: Date.now, storage: openStorage() });

/** Returns a promise and the function that resolves it: tests order concurrent steps with it. */
export function signal(): { reached: Promise<void>; reach(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { reached: promise, reach: resolve };
}
