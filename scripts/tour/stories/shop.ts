import { randomBytes } from "node:crypto";
import { PubSub } from "@google-cloud/pubsub";

/** A running local PulseCart, as its neighbours see it: over HTTP, and through Pub/Sub where the story says so. */
export interface Shop {
  /** Part of every id of this tour, so that it can be walked again on the same shop. */
  tag: string;
  /** How many events nobody waits for are to be in the way of those that somebody does wait for. */
  backlog: number;
  send(method: string, path: string, body?: unknown): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** Reports an event and answers the answer. */
  report(event: object): Promise<Answer>;
  /** Answers when all that was sent has been handled. */
  settle(): Promise<void>;
  /** Skips time; whatever falls due on the way happens. */
  skipHours(hours: number): Promise<void>;
  /** The mails to somebody, newest first. */
  inbox(to: string): Promise<Mail[]>;
  status(): Promise<Status>;
  /** Publishes a message to a topic as another system would, without PulseCart's ingest. */
  publish(topic: string, message: object): Promise<void>;
  close(): Promise<void>;
}

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a story looks into answers of every shape
  body: any;
}

export interface Mail {
  to: string;
  subject: string;
  text: string;
}

export interface Status {
  now: string;
  project_id: string;
  pubsub: string;
  undelivered: { name: string; undelivered: number }[];
  /** How many events at once it is made for, where that is not many. */
  burst?: number;
}

/**
 * @throws Error in a sentence when there is no local PulseCart at the address: a tour needs its clock and its inbox
 */
export async function visit(url: string, backlog: number): Promise<Shop> {
  const send: Shop["send"] = async (method, path, body) => {
    const answer = await fetch(url + path, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  const get: Shop["get"] = path => send("GET", path);
  const status = async (): Promise<Status> => (await get("/__local/status")).body;
  const there = await status().catch(() => undefined);
  if (there === undefined)
    throw new Error(
      `There is no local PulseCart at ${url}. Start one with npm start, or name it with --url.`,
    );
  // It looks for Google's metadata server otherwise.
  process.env["METADATA_SERVER_DETECTION"] ??= "none";
  const pubsub = new PubSub({ projectId: there.project_id, apiEndpoint: there.pubsub, emulatorMode: true });
  const must = async (answer: Promise<Answer>): Promise<Answer> => {
    const { status, body } = await answer;
    if (status >= 400) throw new Error(`the local cloud answered ${status}: ${JSON.stringify(body)}`);
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
