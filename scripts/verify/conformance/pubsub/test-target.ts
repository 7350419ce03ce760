import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type {
  CreateSubscriptionOptions,
  Message,
  Subscription,
  SubscriptionOptions,
  Topic,
} from "@google-cloud/pubsub";
import { PubSub, v1 } from "@google-cloud/pubsub";
import { credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach } from "@jest/globals";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import type { HttpTarget } from "../../../local-cloud/test/http-target.ts";
import { startTarget } from "../../../local-cloud/test/http-target.ts";
import type { PushBody } from "../../../local-cloud/test/pubsub.ts";
import { bodyOf, startTestPubSub, textOf } from "../../../local-cloud/test/pubsub.ts";
import { googleHost } from "../target.ts";

/** A Pub/Sub for one test: of Google's a project of its own, of the embedded one the whole service. */
export interface PubSubUnderTest extends Asked {
  /** The raw clients, which leave batching, pulling and acknowledging to the test. */
  readonly publisher: v1.PublisherClient;
  readonly subscriber: v1.SubscriberClient;
  /** What every test publishes to. */
  readonly topic: Topic;
  createSubscription(options?: CreateSubscriptionOptions): Promise<Subscription>;
  /** A push subscription and what it pushes to. */
  pushTo(respond: Parameters<typeof startTarget>[0], options?: CreateSubscriptionOptions): Promise<Pushed>;
  /** Listens with the client; stops after the test at the latest. */
  listen(
    subscription: Subscription,
    onMessage: (message: Message) => void,
    options?: SubscriptionOptions,
  ): Subscription;
  /** In one go; those with a key in the order of the list. */
  publish(texts: readonly string[], orderingKey?: string): Promise<string[]>;
  /** What there is right now. */
  pull(subscription: Subscription, maxMessages?: number): Promise<Pulled[]>;
  /** Pulls until that many have come. */
  pullAll(subscription: Subscription, count: number): Promise<Pulled[]>;
  acknowledge(subscription: Subscription, ...pulled: (Pulled | undefined)[]): Promise<unknown>;
  /** 0 gives the messages back. */
  setDeadline(
    subscription: Subscription,
    seconds: number,
    ...pulled: (Pulled | undefined)[]
  ): Promise<unknown>;
}

interface Asked {
  client: PubSub;
  project: string;
  host: string;
  nowMs(): number;
  /** Moves the embedded service's clock, and lets it settle; waits for Google's. */
  pass(ms: number): Promise<void>;
  /** What a token says; the embedded service's are verified too. */
  claims(token: string, audience: string): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export interface Pulled {
  ackId: string;
  text: string;
  messageId: string;
  orderingKey: string;
  attributes: Record<string, string>;
  deliveryAttempt: number;
}

export interface Pushed {
  target: HttpTarget;
  subscription: Subscription;
  bodies(): PushBody[];
  texts(): string[];
}

/** Google's emulator comes round to a redelivery within a few seconds. */
const EVENTUALLY_MS = 10_000;

/** Resolves once the condition holds; rejects with what it waited for in vain. */
export async function eventually(condition: () => boolean, what: () => string): Promise<void> {
  const deadlineMs = performance.now() + EVENTUALLY_MS;
  while (!condition()) {
    if (performance.now() > deadlineMs)
      throw new Error(`waited ${EVENTUALLY_MS / 1000} s in vain: ${what()}`);
    await wait(5);
  }
}

export function pubsubUnderTest(): PubSubUnderTest {
  let current: PubSubUnderTest & { end(): Promise<void> };
  beforeEach(async () => {
    current = await connect();
  });
  afterEach(() => current.end());
  // The tests of a file hold one object, and each of them gets another service behind it.
  return new Proxy({} as PubSubUnderTest, { get: (_, name) => Reflect.get(current, name) });
}

async function connect() {
  const host = googleHost("pubsub");
  const asked = host === undefined ? await askEmbedded() : askGoogle(host);
  const { client } = asked;
  const [apiEndpoint = "", port = ""] = asked.host.split(":");
  const sslCreds = credentials.createInsecure();
  const settings = { projectId: asked.project, apiEndpoint, port: Number(port), sslCreds };
  const subscriber = new v1.SubscriberClient(settings);
  const publisher = new v1.PublisherClient(settings);
  const [topic] = await client.topic("events").get({ autoCreate: true });
  topic.setPublishOptions({ messageOrdering: true });
  const targets: HttpTarget[] = [];
  const listening: Subscription[] = [];
  let subscriptions = 0;
  const createSubscription = async (options: CreateSubscriptionOptions = {}) => {
    subscriptions += 1;
    return (await topic.createSubscription(`subscription-${subscriptions}`, options))[0];
  };
  return {
    ...asked,
    ...pulling(subscriber),
    publisher,
    subscriber,
    topic,
    createSubscription,
    async pushTo(respond: Parameters<typeof startTarget>[0], options: CreateSubscriptionOptions = {}) {
      const target = await startTarget(respond);
      targets.push(target);
      const subscription = await createSubscription({ pushEndpoint: `${target.url}/push`, ...options });
      const bodies = () => target.calls.map(({ body }) => bodyOf(body));
      return { target, subscription, bodies, texts: () => bodies().map(textOf) };
    },
    listen({ name }: Subscription, onMessage: (message: Message) => void, options: SubscriptionOptions = {}) {
      const subscription = client.subscription(name, options);
      subscription.on("message", onMessage);
      // A deleted subscription ends its streams: without a listener that would end the process.
      subscription.on("error", () => undefined);
      listening.push(subscription);
      return subscription;
    },
    publish: (texts: readonly string[], orderingKey = "") =>
      Promise.all(texts.map(text => topic.publishMessage({ data: Buffer.from(text), orderingKey }))),
    async end() {
      await Promise.all(listening.map(subscription => subscription.close()));
      // Google's emulator would go on pushing to nobody.
      const [left] = await client.getSubscriptions();
      await Promise.all(left.map(subscription => subscription.delete()));
      await Promise.all([publisher.close(), subscriber.close(), client.close()]);
      await asked.close();
      await Promise.all(targets.map(target => target.close()));
    },
  };
}

async function askEmbedded(): Promise<Asked> {
  const { service, client, clock, identity, advance, close } = await startTestPubSub();
  return {
    client,
    project: "demo-test",
    host: service.host,
    nowMs: clock.now,
    pass: advance,
    claims: async (token, audience) =>
      (await jwtVerify(token, createLocalJWKSet(identity.jwks), { audience })).payload,
    close,
  };
}

function askGoogle(host: string): Asked {
  process.env["METADATA_SERVER_DETECTION"] = "none";
  const project = `demo-${randomUUID().slice(0, 8)}`;
  return {
    client: new PubSub({ projectId: project, apiEndpoint: host, emulatorMode: true }),
    project,
    host,
    nowMs: Date.now,
    pass: ms => wait(ms),
    claims: async token => decodeJwt(token),
    close: async () => undefined,
  };
}

function pulling(subscriber: v1.SubscriberClient) {
  async function pull({ name: subscription }: Subscription, maxMessages = 1000): Promise<Pulled[]> {
    const [answer] = await subscriber.pull({ subscription, maxMessages, returnImmediately: true });
    return (answer.receivedMessages ?? []).map(({ ackId, message, deliveryAttempt }) => ({
      ackId: ackId ?? "",
      text: Buffer.from(message?.data ?? "").toString(),
      messageId: message?.messageId ?? "",
      orderingKey: message?.orderingKey ?? "",
      attributes: message?.attributes ?? {},
      deliveryAttempt: deliveryAttempt ?? 0,
    }));
  }
  const idsOf = (pulled: readonly (Pulled | undefined)[]) => pulled.map(each => each?.ackId ?? "");
  return {
    pull,
    async pullAll(subscription: Subscription, count: number) {
      const deadlineMs = performance.now() + EVENTUALLY_MS;
      const all: Pulled[] = [];
      while (all.length < count) {
        if (performance.now() > deadlineMs) {
          throw new Error(`pulled ${all.length} of ${count}: ${all.map(({ text }) => text)}`);
        }
        all.push(...(await pull(subscription)));
      }
      return all;
    },
    acknowledge: ({ name: subscription }: Subscription, ...pulled: (Pulled | undefined)[]) =>
      subscriber.acknowledge({ subscription, ackIds: idsOf(pulled) }),
    setDeadline: (
      { name: subscription }: Subscription,
      ackDeadlineSeconds: number,
      ...pulled: (Pulled | undefined)[]
    ) => subscriber.modifyAckDeadline({ subscription, ackDeadlineSeconds, ackIds: idsOf(pulled) }),
  };
}
