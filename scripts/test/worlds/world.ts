import { CloudSchedulerClient } from "@google-cloud/scheduler";
import { credentials } from "@grpc/grpc-js";
import { config, functionUrl } from "../../../shared/config.ts";
import type { Collection } from "../../../shared/google/firestore.ts";
import { firestore, readDocument } from "../../../shared/google/firestore.ts";
import { pubsub } from "../../../shared/google/pubsub.ts";
import { cloudTasks } from "../../../shared/google/tasks.ts";
import type { LogFields } from "../../../shared/log.ts";
import { setLogSink } from "../../../shared/log.ts";
import { ledger } from "../../../shared/pipeline/records/ledger.ts";
import type { LedgerEntry } from "../../../shared/pipeline/records/ledger-entry.ts";
import { startGoogleServices } from "../../google/services.ts";
import type { InboxMail } from "../../local-cloud/smtp/inbox.ts";
import type { HostedFunction } from "../../plan/load-functions.ts";
import { loadFunctions } from "../../plan/load-functions.ts";
import type { LocalRuntime, RuntimeOptions } from "../../start/runtime.ts";
import { startRuntime } from "../../start/runtime.ts";

/** A running PulseCart on this machine, as a test uses it. */
export interface World extends LocalRuntime {
  /**
   * Moves the clock while schedules are paused. Due timers and effects run, and no sweep recovers a lost task. A day
   * without events costs no time.
   */
  advanceUnswept(ms: number): Promise<void>;
  /** Every log line since the start. */
  lines: { message: string; fields: LogFields }[];
  /** Sends a request to the gateway and returns the parsed answer. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Reads one document. */
  read<T>(from: Collection<T>, id: string): Promise<T | undefined>;
  /** Reads all documents of a collection. */
  all<T>(from: Collection<T>): Promise<T[]>;
  /** Returns the Authorization header of a call to a function. `email` absent: the invoker calls. */
  authorization(functionName: string, email?: string): Promise<string>;
  /** Lists topics, subscriptions and queues by their full names. */
  services(): Promise<{ topics: string[]; subscriptions: string[]; queues: string[] }>;
  /** Reads the ledger entries of one function. */
  ledgerOf(by: string): Promise<(LedgerEntry & { id: string })[]>;
  /** Returns the sent mails, oldest first. `to` absent: of all addresses. */
  mails(to?: string): Promise<InboxMail[]>;
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  body: any;
}

/** True in `npm run test:google`: the same tests on Google's Firestore and Pub/Sub emulators. */
export const onGoogle = process.env["PULSECART_TEST_ON"] === "google";

/**
 * The functions of a world: names of files below `functions` (`reactions/carts`), all functions, or functions that a
 * test declares. Only a test about the whole shop takes "all": each function costs start-up time.
 */
export type WorldFunctions = "all" | readonly string[] | (() => Promise<HostedFunction[]>);

/**
 * Starts a PulseCart with these functions. A test file starts one world: functions read the environment of the process.
 * @example const world = await startWorld(["http/ingest", "reactions/archive", "reactions/carts"]);
 */
export async function startWorld(
  functions: WorldFunctions,
  options: Partial<Omit<RuntimeOptions, "load">> = {},
): Promise<World> {
  const lines: World["lines"] = [];
  setLogSink((_severity, message, fields) => lines.push({ message, fields }));
  const google = onGoogle ? { services: startGoogleServices } : {};
  const runtime = await startRuntime({ port: 0, ...google, ...options, load: loaderOf(functions) });
  return {
    ...runtime,
    lines,
    advanceUnswept: ms => pausingSchedules(runtime, () => runtime.advance(ms)),
    send: (method, path, body, headers = {}) => send(runtime.url + path, { method, body, headers }),
    read: readDocument,
    all: async from => {
      const found = await firestore().collection(from.name).get();
      return found.docs.map(document => document.data() as never);
    },
    authorization: async (name, email = config().invokerEmail) => {
      const nowMs = runtime.clock.now();
      return `Bearer ${await runtime.identity.token({ email, audience: functionUrl(name), nowMs })}`;
    },
    services,
    close: async () => {
      runtime.faults.set({});
      await runtime.settle();
      await runtime.close();
    },
    mails: async to => (await runtime.inbox.list({ to })).reverse(),
    ledgerOf: async by => {
      const found = await firestore().collection(ledger.name).where("by", "==", by).get();
      return found.docs.map(document => ({ id: document.id, ...(document.data() as LedgerEntry) }));
    },
  };
}

function loaderOf(functions: WorldFunctions): () => Promise<HostedFunction[]> {
  if (functions === "all") return () => loadFunctions();
  if (typeof functions === "function") return functions;
  return () => loadFunctions(functions.map(name => `${name}.ts`));
}

async function pausingSchedules(runtime: LocalRuntime, run: () => Promise<void>): Promise<void> {
  const [apiEndpoint = "", port] = runtime.status().scheduler.split(":");
  const { projectId, region } = config();
  const sslCreds = credentials.createInsecure();
  const scheduler = new CloudSchedulerClient({ projectId, apiEndpoint, port: Number(port), sslCreds });
  const [jobs] = await scheduler.listJobs({ parent: scheduler.locationPath(projectId, region) });
  const names = jobs.flatMap(({ name }) => name ?? []);
  await Promise.all(names.map(name => scheduler.pauseJob({ name })));
  await run();
  await Promise.all(names.map(name => scheduler.resumeJob({ name })));
  await scheduler.close();
}

async function services() {
  const [client, tasks] = await Promise.all([pubsub(), cloudTasks()]);
  const { projectId, region } = config();
  const [topics] = await client.getTopics();
  const [subscriptions] = await client.getSubscriptions();
  const [queues] = await tasks.listQueues({ parent: tasks.locationPath(projectId, region) });
  return {
    topics: topics.map(topic => topic.name).sort(),
    subscriptions: subscriptions.map(subscription => subscription.name).sort(),
    queues: queues.map(queue => String(queue.name)).sort(),
  };
}

async function send(
  url: string,
  { method, body, headers }: { method: string; body: unknown; headers: Record<string, string> },
): Promise<Answer> {
  const answer = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === "" ? undefined : JSON.parse(text) };
}
