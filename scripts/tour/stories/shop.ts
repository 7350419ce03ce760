import { randomBytes } from "node:crypto";
import { PubSub } from "@google-cloud/pubsub";
import { UsageError } from "../../cli/usage.ts";

/** A running local PulseCart, as other systems use it: over HTTP, and over Pub/Sub in some stories. */
export interface Shop {
  /** A part of every id of this tour, so that the same shop can be toured again. */
  tag: string;
  /** The number of events without a waiting client that the queue holds before the immediate ones. */
  backlog: number;
  send(method: string, path: string, body?: unknown): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** Reports an event and returns the answer. */
  report(event: object): Promise<Answer>;
  /** Waits until every event is handled. */
  settle(): Promise<void>;
  /** Advances the clock. Timers that become due on the way run. */
  skipHours(hours: number): Promise<void>;
  /** Returns the mails to an address, newest first. */
  inbox(to: string): Promise<Mail[]>;
  status(): Promise<LocalStatus>;
  /** Publishes a message to a topic as another system would, without PulseCart's ingest. */
  publish(topic: string, message: object): Promise<void>;
  close(): Promise<void>;
}

/** An answer of PulseCart. */
export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: stories read answers of every shape
  body: any;
}

/** A mail in the inbox. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
}

/** The status of the local PulseCart. */
export interface LocalStatus {
  now: string;
  project_id: string;
  pubsub: string;
  undelivered: { name: string; undelivered: number }[];
  /** Max events that the tour should publish at once. Absent: the services have no such limit. */
  burst?: number;
}

/**
 * Connects with a running local PulseCart. A tour needs its clock and its inbox.
 * @throws UsageError when no local PulseCart answers
 */
export async function visit(url: string, backlog: number): Promise<Shop> {
  const send: Shop["send"] = async (method, path, body) => {
    const answer = await fetch(url + path, {
      method,
      headers: body === undefined ? undefined : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  const get: Shop["get"] = path => send("GET", path);
  const status = async (): Promise<LocalStatus> => (await get("/__local/status")).body;
  const there = await status().catch(() => undefined);
  if (there === undefined)
    throw new UsageError(
      `No local PulseCart answers at ${url}: start one with npm start, or give its --url.`,
    );
  // Without this variable the client looks for Google's metadata server.
  process.env["METADATA_SERVER_DETECTION"] ??= "none";
  const pubsub = new PubSub({ projectId: there.project_id, apiEndpoint: there.pubsub, emulatorMode: true });
  const must = async (answer: Promise<Answer>): Promise<Answer> => {
    const { status, body } = await answer;
    if (status >= 400)
      throw new Error(`Local cloud request failed: expected success, got ${status}: ${JSON.stringify(body)}`);
    return { status, body };
  };
  return {
    backlog: there.burst ?? backlog,
    tag: randomBytes(3).toString("hex"),
    send,
    get,
    report: event => send("POST", "/events/ingest", event),
    settle: async () => void (await must(send("POST", "/__local/settle"))),
    skipHours: async hours =>
      void (await must(send("POST", "/__local/clock/advance", { seconds: hours * 3600 }))),
    inbox: async to => (await must(get(`/__local/inbox?to=${encodeURIComponent(to)}`))).body.items,
    status,
    publish: async (topic, message) => void (await pubsub.topic(topic).publishMessage({ json: message })),
    close: () => pubsub.close(),
  };
}
