import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PubSub } from "@google-cloud/pubsub";
import { startFirebase } from "./firebase.ts";
import type { EmulatorBinaries } from "./google-binaries.ts";
import { listenForHandled } from "./handled.ts";

/** What of our own subscriptions the emulator's way from a topic to a function does not have. */
export interface Difference {
  /** What the service does with our subscriptions, and `npm start`. */
  ours: string;
  /** What the emulator's trigger does. */
  theirs: string;
  /** Whether that is what was seen. */
  differs: boolean;
}

/** One call of the probe's function. */
interface Call {
  text: string;
  eventId: string;
  messageId: string;
  /** When it began and ended, in milliseconds. */
  from: number;
  to: number;
}

const PROJECT = "demo-trigger-path";
const TOPIC = "probe";
/** A function that keeps what it is called with, fails where it is told to, and takes its time over one message. */
const PROBE = `"use strict";
exports.probe = async ({ id: eventId, data: { message } }) => {
  const text = Buffer.from(message.data, "base64").toString();
  const from = Date.now();
  if (text === "slow") await new Promise(resolve => setTimeout(resolve, 1000));
  const call = { text, eventId, messageId: message.messageId, from, to: Date.now() };
  await fetch(process.env.PROBE_URL, { method: "POST", body: JSON.stringify(call) });
  if (text === "fails") throw new Error("as it was told to");
};
`;
const FUNCTIONS_YAML = {
  specVersion: "v1alpha1",
  endpoints: {
    probe: {
      platform: "gcfv2",
      region: ["us-central1"],
      entryPoint: "probe",
      eventTrigger: {
        eventType: "google.cloud.pubsub.topic.v1.messagePublished",
        eventFilters: { topic: TOPIC },
        retry: true,
      },
    },
  },
};

/** Starts the emulators once more with a function of one line, and looks at what it is called with. */
export async function lookAtTriggerPath(
  command: string,
  { environment }: EmulatorBinaries,
): Promise<Difference[]> {
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-trigger-path-"));
  const source = join(folder, "source");
  mkdirSync(source);
  writeFileSync(join(source, "index.js"), PROBE);
  writeFileSync(join(source, "functions.yaml"), JSON.stringify(FUNCTIONS_YAML));
  writeFileSync(join(source, "package.json"), JSON.stringify({ main: "index.js" }));
  const calls: Call[] = [];
  let wake = (): void => undefined;
  const probe = await listenForHandled<Call>(call => {
    calls.push(call);
    wake();
  });
  const firebase = await startFirebase({
    command,
    project: PROJECT,
    source,
    folder,
    environment: { ...environment, METADATA_SERVER_DETECTION: "none", PROBE_URL: probe.url },
    onLine: () => undefined,
    onEnd: () => undefined,
  });
  process.env["METADATA_SERVER_DETECTION"] ??= "none"; // the client would look for it otherwise
  const pubsub = new PubSub({ projectId: PROJECT, apiEndpoint: firebase.hosts.pubsub, emulatorMode: true });
  const called = async (text: string): Promise<void> => {
    while (!calls.some(call => call.text === text)) await new Promise<void>(resolve => (wake = resolve));
  };
  try {
    const topic = pubsub.topic(TOPIC, { messageOrdering: true });
    const publish = (text: string) => topic.publishMessage({ data: Buffer.from(text), orderingKey: "one" });
    await publish("fails");
    await called("fails");
    await publish("slow");
    await publish("behind");
    await called("slow");
    await called("behind");
    const [subscriptions] = await pubsub.topic(TOPIC).getSubscriptions();
    const [metadata] = (await subscriptions[0]?.getMetadata()) ?? [];
    return differencesIn(calls, metadata ?? {});
  } finally {
    await pubsub.close();
    await firebase.close();
    probe.close();
    rmSync(folder, { recursive: true });
  }
}

interface Metadata {
  filter?: string | null;
  deadLetterPolicy?: object | null;
  enableMessageOrdering?: boolean | null;
}

function differencesIn(calls: readonly Call[], subscription: Metadata): Difference[] {
  const of = (text: string) => calls.filter(call => call.text === text);
  const [slow] = of("slow");
  const [behind] = of("behind");
  return [
    {
      ours: "what a function refuses is sent again",
      theirs: "once, whatever became of it",
      // Both others were sent after it and have been handled.
      differs: of("fails").length === 1,
    },
    {
      ours: "one after the other per ordering key",
      theirs: "side by side",
      differs: slow !== undefined && behind !== undefined && behind.from < slow.to,
    },
    {
      ours: "only the types that a reaction listens to",
      theirs: "every message of the topic: the functions look themselves",
      differs: !subscription.filter,
    },
    {
      ours: "a dead-letter topic takes what nobody could handle",
      theirs: "none",
      differs: !subscription.deadLetterPolicy,
    },
    {
      ours: "what somebody waits for has a subscription of its own",
      theirs: "one subscription for all functions of a topic",
      differs: !subscription.enableMessageOrdering,
    },
    {
      ours: "an event's id is its message's",
      theirs: "a random one: the functions go by the event's own",
      differs: calls.every(({ eventId, messageId }) => eventId !== messageId),
    },
  ];
}
