import { randomUUID } from "node:crypto";
import type { CollectionReference } from "@google-cloud/firestore";
import { Firestore } from "@google-cloud/firestore";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll } from "@jest/globals";
import { startFirestore } from "../firestore/firestore.ts";
import type { ListenRequest, ListenResponse } from "../firestore/messages.ts";
import { loadService } from "../grpc/services.ts";
import { openStorage } from "../storage.ts";

// Otherwise the client looks for Google's metadata server before its first call.
process.env["METADATA_SERVER_DETECTION"] = "none";

/** One per test file: files that run at once on one server do not see each other. */
const PROJECT = `demo-${randomUUID().slice(0, 8)}`;
export const DATABASE = `projects/${PROJECT}/databases/(default)`;

export interface TestFirestore {
  readonly db: Firestore;
  readonly host: string;
  /** A client of its own, as another process would have; closed at the end like the first. */
  connect(settings?: { projectId?: string; databaseId?: string; host?: string }): Firestore;
  /** One call without the client's retries, which take seconds before they show a refusal. */
  call(method: string, request: object, host?: string): Promise<Array<Record<string, unknown>>>;
  /** A Listen stream as it is on the wire; closed after the test. */
  listen(): RawListener;
  /** A collection that no other test uses. */
  collection(): CollectionReference;
  /** The same for a whole file: one collection, made on first use. */
  lazyCollection(): () => CollectionReference;
}

/** What a test needs of a server, embedded or not. */
export interface FirestoreServer {
  host: string;
  close(): void;
}

/** One server and client for the test file, from before its first test until after its last one. */
export function testFirestore(start: () => Promise<FirestoreServer> = startHere): TestFirestore {
  const clients: Firestore[] = [];
  const listeners: RawListener[] = [];
  let server: FirestoreServer;
  let db: Firestore;
  const connect: TestFirestore["connect"] = (settings = {}) => {
    const client = new Firestore({
      projectId: PROJECT,
      host: server.host,
      ...settings,
      ssl: false,
    });
    clients.push(client);
    return client;
  };
  beforeAll(async () => {
    server = await start();
    db = connect();
  });
  afterEach(() => {
    for (const listener of listeners.splice(0)) listener.close();
  });
  afterAll(async () => {
    // Its answer comes after the end of the streams whose listeners have stopped: none fails later.
    await db.doc("test/end").get();
    await Promise.all(clients.map(client => client.terminate()));
    server.close();
  });
  return {
    get db() {
      return db;
    },
    get host() {
      return server.host;
    },
    connect,
    call: (method, request, host = server.host) => call(host, method, request),
    listen() {
      const listener = listen(server.host);
      listeners.push(listener);
      return listener;
    },
    collection: () => db.collection(`test-${randomUUID()}`),
    lazyCollection() {
      const id = `test-${randomUUID()}`;
      return () => db.collection(id);
    },
  };
}

export interface RawListener {
  send(request: ListenRequest): void;
  /** What has come since the last time, as soon as it holds a change of targets of this type. Rejects when the stream fails. */
  until(type: string): Promise<ListenResponse[]>;
  close(): void;
}

function definitionOf(method: string) {
  const definition = loadService("firestore")[method];
  if (!definition) throw new Error(`Firestore has no method ${method}`);
  return definition;
}

function call(host: string, method: string, request: object): ReturnType<TestFirestore["call"]> {
  const client = new Client(host, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = definitionOf(method);
  const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
  return stream.toArray().finally(() => client.close());
}

function listen(host: string): RawListener {
  const client = new Client(host, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = definitionOf("Listen");
  const metadata = new Metadata();
  // Google's emulator takes the database from here.
  metadata.set("google-cloud-resource-prefix", DATABASE);
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
  let received: ListenResponse[] = [];
  let check = () => {};
  stream.on("data", (response: ListenResponse) => {
    received.push(response);
    check();
  });
  let failure: Error | undefined;
  stream.on("error", error => {
    failure = error;
    check();
  });
  return {
    send: request => stream.write({ database: DATABASE, ...request }),
    until: type =>
      new Promise((resolve, reject) => {
        check = () => {
          if (failure) reject(failure);
          // Google's emulator leaves out the type that is the default.
          if (
            !received.some(
              ({ targetChange }) => (targetChange?.targetChangeType ?? "NO_CHANGE") === type && targetChange,
            )
          )
            return;
          resolve(received);
          received = [];
          check = () => {};
        };
        check();
      }),
    close() {
      stream.cancel();
      client.close();
    },
  };
}

const startHere = () => startFirestore({ now: Date.now, storage: openStorage() });

/** A promise to be fulfilled from outside: tests order concurrent steps with it. */
export function signal(): { reached: Promise<void>; reach(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { reached: promise, reach: resolve };
}
