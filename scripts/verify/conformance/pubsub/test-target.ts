import type {
  CreateSubscriptionOptions,
  Message,
  PubSub,
  Subscription,
  SubscriptionOptions,
  Topic,
} from "@google-cloud/pubsub";
import { v1 } from "@google-cloud/pubsub";
import { credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach } from "@jest/globals";
import type { HttpTarget } from "../../../local-cloud/test/http-target.ts";
import { startTarget } from "../../../local-cloud/test/http-target.ts";
import type { PushBody } from "../../../local-cloud/test/pubsub.ts";
import { bodyOf, textOf } from "../../../local-cloud/test/pubsub.ts";
import type { EmulatorUnderTest } from "./emulator.ts";
import { emulatorUnderTest } from "./emulator.ts";
import type { Pulled } from "./pull-messages.ts";
import { pulling } from "./pull-messages.ts";

/** A Pub/Sub for one test: a project of its own in Google's emulator, or a whole embedded service. */
export interface PubSubUnderTest extends EmulatorUnderTest {
  /** Raw clients, without automatic batching, pulling and acknowledging. */
  readonly publisher: v1.PublisherClient;
  readonly subscriber: v1.SubscriberClient;
  /** The topic of every test. */
  readonly topic: Topic;
  createSubscription(options?: CreateSubscriptionOptions): Promise<Subscription>;
  /** Creates a push subscription and its target. */
  pushTo(respond: Parameters<typeof startTarget>[0], options?: CreateSubscriptionOptions): Promise<Pushed>;
  /** Listens with the client until the test ends, at the latest. */
  listen(
    subscription: Subscription,
    onMessage: (message: Message) => void,
    options?: SubscriptionOptions,
  ): Subscription;
  /** Publishes all texts at once. Messages with a key keep the order of the list. */
  publish(texts: readonly string[], orderingKey?: string): Promise<string[]>;
  /** Pulls the messages that are available now, without waiting. */
  pull(subscription: Subscription, maxMessages?: number): Promise<Pulled[]>;
  /** Pulls until `count` messages have arrived. */
  pullAll(subscription: Subscription, count: number): Promise<Pulled[]>;
  acknowledge(subscription: Subscription, ...pulled: (Pulled | undefined)[]): Promise<unknown>;
  /** Sets the ack deadline of messages; 0 is a nack. */
  setDeadline(
    subscription: Subscription,
    seconds: number,
    ...pulled: (Pulled | undefined)[]
  ): Promise<unknown>;
}

/** A push subscription and its target. */
export interface Pushed {
  target: HttpTarget;
  subscription: Subscription;
  bodies(): PushBody[];
  texts(): string[];
}

/** Returns the Pub/Sub of a test file; each test gets a new one. */
export function pubsubUnderTest(): PubSubUnderTest {
  let current: PubSubUnderTest & { end(): Promise<void> };
  beforeEach(async () => {
    current = await connect();
  });
  afterEach(() => current.end());
  // All tests of a file share this object; each test has another service behind the object.
  return new Proxy({} as PubSubUnderTest, { get: (_, name) => Reflect.get(current, name) });
}

async function connect() {
  const emulator = await emulatorUnderTest();
  const { client } = emulator;
  const [apiEndpoint = "", port = ""] = emulator.host.split(":");
  const sslCreds = credentials.createInsecure();
  const settings = { projectId: emulator.project, apiEndpoint, port: Number(port), sslCreds };
  const subscriber = new v1.SubscriberClient(settings);
  const publisher = new v1.PublisherClient(settings);
  const [topic] = await client.topic("events").get({ autoCreate: true });
  topic.setPublishOptions({ messageOrdering: true });
  const { closeTargets, ...subscribing } = subscribingTo(topic);
  const { closeStreams, listen } = listeningWith(client);
  return {
    ...emulator,
    ...pulling(subscriber),
    ...subscribing,
    publisher,
    subscriber,
    topic,
    listen,
    publish: (texts: readonly string[], orderingKey = "") =>
      Promise.all(texts.map(text => topic.publishMessage({ data: Buffer.from(text), orderingKey }))),
    async end() {
      await closeStreams();
      // Google's emulator would push to closed targets otherwise.
      const [left] = await client.getSubscriptions();
      await Promise.all(left.map(subscription => subscription.delete()));
      await Promise.all([publisher.close(), subscriber.close(), client.close()]);
      await emulator.close();
      await closeTargets();
    },
  };
}

function subscribingTo(topic: Topic) {
  const targets: HttpTarget[] = [];
  let subscriptions = 0;
  const createSubscription = async (options: CreateSubscriptionOptions = {}) => {
    subscriptions += 1;
    return (await topic.createSubscription(`subscription-${subscriptions}`, options))[0];
  };
  return {
    createSubscription,
    async pushTo(respond: Parameters<typeof startTarget>[0], options: CreateSubscriptionOptions = {}) {
      const target = await startTarget(respond);
      targets.push(target);
      const subscription = await createSubscription({ pushEndpoint: `${target.url}/push`, ...options });
      const bodies = () => target.calls.map(({ body }) => bodyOf(body));
      return { target, subscription, bodies, texts: () => bodies().map(textOf) };
    },
    closeTargets: () => Promise.all(targets.map(target => target.close())),
  };
}

function listeningWith(client: PubSub) {
  const listening: Subscription[] = [];
  return {
    listen({ name }: Subscription, onMessage: (message: Message) => void, options: SubscriptionOptions = {}) {
      const subscription = client.subscription(name, options);
      subscription.on("message", onMessage);
      // A deleted subscription ends its streams with an error, which needs a listener.
      subscription.on("error", () => undefined);
      listening.push(subscription);
      return subscription;
    },
    closeStreams: () => Promise.all(listening.map(subscription => subscription.close())),
  };
}
