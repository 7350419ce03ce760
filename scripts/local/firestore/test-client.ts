import { randomUUID } from "node:crypto";
import type { CollectionReference } from "@google-cloud/firestore";
import { Firestore } from "@google-cloud/firestore";
import { Client, credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll } from "@jest/globals";
import { loadService } from "../grpc.ts";
import { startFirestore } from "./firestore.ts";

/**
 * The same tests run against another server at this host:port, such as Google's own emulator: what they
 * expect is the service's behaviour, not ours.
 */
export const hostUnderTest = process.env["FIRESTORE_EMULATOR_HOST_UNDER_TEST"];

/** Google's emulator needs seconds for what takes milliseconds here. */
export const SLOW_MS = hostUnderTest ? 120_000 : 10_000;

// Otherwise the client looks for Google's metadata server before its first call.
process.env["METADATA_SERVER_DETECTION"] = "none";

const PROJECT = "demo-x";
export const DATABASE = `projects/${PROJECT}/databases/(default)`;

export interface TestFirestore {
  readonly db: Firestore;
  readonly host: string;
  /** A client of its own, as another process would have; closed at the end like the first. */
  connect(settings?: { projectId?: string; databaseId?: string }): Firestore;
  /** One call without the client's retries, which take seconds before they show a refusal. */
  call(method: string, request: object): Promise<Array<Record<string, unknown>>>;
  /** A collection that no other test uses. */
  collection(): CollectionReference;
  /** The same for a whole file: one collection, made on first use. */
  lazyCollection(): () => CollectionReference;
}

/** One server and client for the test file, from before its first test until after its last one. */
export function testFirestore(start: () => ReturnType<typeof startFirestore> = startHere): TestFirestore {
  const clients: Firestore[] = [];
  let server: { host: string; close(): void };
  let db: Firestore;
  const connect: TestFirestore["connect"] = (settings = {}) => {
    const client = new Firestore({
      projectId: PROJECT,
      ...settings,
      host: server.host,
      ssl: false,
    });
    clients.push(client);
    return client;
  };
  beforeAll(async () => {
    server = hostUnderTest ? { host: hostUnderTest, close() {} } : await start();
    db = connect();
  });
  afterAll(async () => {
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
    call: (method, request) => call(server.host, method, request),
    collection: () => db.collection(`test-${randomUUID()}`),
    lazyCollection() {
      const id = `test-${randomUUID()}`;
      return () => db.collection(id);
    },
  };
}

function call(host: string, method: string, request: object): ReturnType<TestFirestore["call"]> {
  const definition = loadService("firestore")[method];
  if (!definition) throw new Error(`Firestore has no method ${method}`);
  const client = new Client(host, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = definition;
  const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
  return stream.toArray().finally(() => client.close());
}

const startHere = () => startFirestore({ now: Date.now });

/** A promise to be fulfilled from outside: tests order concurrent steps with it. */
export function signal(): { reached: Promise<void>; reach(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { reached: promise, reach: resolve };
}
