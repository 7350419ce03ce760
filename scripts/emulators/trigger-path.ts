import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PubSub } from "@google-cloud/pubsub";
import { startFirebase } from "./firebase.ts";
import type { EmulatorBinaries } from "./google-binaries.ts";
import { listenForHandled } from "./handled.ts";

/** One difference between PulseCart's subscriptions and the emulator's triggers. */
export interface Difference {
  /** The behaviour of the service and of `npm start`. */
  ours: string;
  /** The behaviour of the emulator's trigger. */
  theirs: string;
  /** True: the trigger still behaves as in `theirs`. */
  differs: boolean;
}

/** One call of the probe's function. */
interface Call {
  text: string;
  eventId: string;
  messageId: string;
  /** Start of the call, in milliseconds since 1970. */
  from: number;
  /** End of the call, in milliseconds since 1970. */
  to: number;
}

const PROJECT = "demo-trigger-path";
const TOPIC = "probe";
/** A function that reports its calls. The message "fails" makes it fail, the message "slow" takes a second. */
const PROBE = `"use strict";
exports.probe = async ({ id: eventId, data: { message } }) => {
  const text = Buffer.from(message.data, "base64").toString();
  const from = Date.now();
  if (text === "slow") await new Promise(resolve => setTimeout(resolve, 1000));
  const call = { text, eventId, messageId: message.messageId, from, to: Date.now() };
  await fetch(process.env.PROBE_URL, { method: "POST", body: JSON.stringify(call) });
  if (text === "fails") throw new Error("the message demands a failure");
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

/** Starts the emulators with a probe function, and compares its calls with those of PulseCart's subscriptions. */
export async function lookAtTriggerPath(
  command: string,
  { environment }: EmulatorBinaries,
): Promise<Difference[]> {
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-trigger-path-"));
  const source = writeProbe(folder);
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
  process.env["METADATA_SERVER_DETECTION"] ??= "none"; // keeps the client from looking for Google's metadata server
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

/**
 * Writes the probe function into a folder.
 * @returns its source folder
 */
function writeProbe(folder: string): string {
  const source = join(folder, "source");
  mkdirSync(source);
  writeFileSync(join(source, "index.js"), PROBE);
  writeFileSync(join(source, "functions.yaml"), JSON.stringify(FUNCTIONS_YAML));
  writeFileSync(join(source, "package.json"), JSON.stringify({ main: "index.js" }));
  return source;
}

interface Metadata {
  filter?: string | null;
  deadLetterPolicy?: object | null;
  enableMessageOrdering?: boolean | null;
}

function differencesIn(calls: readonly Call[], subscription: Metadata): Difference[] {
  const callsWith = (text: string) => calls.filter(call => call.text === text);
  const [slow] = callsWith("slow");
  const [behind] = callsWith("behind");
  return [
    {
      ours: "a refused message is sent again",
      theirs: "each message is sent once",
      // Two later messages have been handled, so a redelivery would have arrived.
      differs: callsWith("fails").length === 1,
    },
    {
      ours: "one after the other per ordering key",
      theirs: "side by side",
      differs: slow !== undefined && behind !== undefined && behind.from < slow.to,
    },
    {
      ours: "only the types that a reaction listens to",
      theirs: "every message of the topic: the functions check the type",
      differs: !subscription.filter,
    },
    {
      ours: "a dead-letter topic receives undeliverable messages",
      theirs: "no dead-letter topic",
      differs: !subscription.deadLetterPolicy,
    },
    {
      ours: "immediate events have a subscription of their own",
      theirs: "one subscription for all functions of a topic",
      differs: !subscription.enableMessageOrdering,
    },
    {
      ours: "the id of a CloudEvent is its message's id",
      theirs: "a random id: the functions use the event's own id",
      differs: calls.every(({ eventId, messageId }) => eventId !== messageId),
    },
  ];
}
