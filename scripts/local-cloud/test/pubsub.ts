import type { CreateSubscriptionOptions, Subscription, Topic } from "@google-cloud/pubsub";
import { PubSub } from "@google-cloud/pubsub";
import { noPushFaults } from "../faults/push-faults.ts";
import type { LocalPubSub } from "../pubsub/pubsub.ts";
import { startPubSub } from "../pubsub/pubsub.ts";
import type { HttpTarget, startTarget } from "./http-target.ts";
import type { TestWorld } from "./service-world.ts";
import { createTestWorld } from "./service-world.ts";

/** A Pub/Sub for one test, with its official client and its clock. */
export interface TestPubSub extends TestWorld {
  service: LocalPubSub;
  client: PubSub;
  topic: Topic;
  /** Creates a push subscription and its endpoint. */
  pushTo(respond: Parameters<typeof startTarget>[0], options?: CreateSubscriptionOptions): Promise<Pushed>;
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface Pushed {
  target: HttpTarget;
  subscription: Subscription;
  /** Returns the data of all pushes until now, as text. */
  texts(): string[];
}

/** The body of a push. */
export interface PushBody {
  message: {
    data?: string;
    attributes?: Record<string, string>;
    messageId: string;
    message_id: string;
    publishTime: string;
    publish_time: string;
    orderingKey?: string;
  };
  subscription: string;
  deliveryAttempt?: number;
}

/** @param folder for the stored state; a later service continues with the folder */
export async function startTestPubSub(faults = noPushFaults, folder?: string): Promise<TestPubSub> {
  const world = await createTestWorld(folder);
  const { clock, identity, storage } = world;
  const service = await startPubSub({ clock, identity, storage, faults });
  const client = new PubSub({ projectId: "demo-test", apiEndpoint: service.host, emulatorMode: true });
  const [topic] = await client.topic("events").get({ autoCreate: true });
  let pushes = 0;
  return {
    ...world,
    service,
    client,
    topic,
    async pushTo(respond, options = {}) {
      const target = await world.target(respond);
      pushes += 1;
      const name = `push-${pushes}`;
      const [subscription] = await topic.createSubscription(name, {
        pushEndpoint: `${target.url}/push`,
        ...options,
      });
      return { target, subscription, texts: () => target.calls.map(({ body }) => textOf(bodyOf(body))) };
    },
    advance: ms => clock.advance(ms, service.settle),
    async close() {
      await client.close();
      service.close();
      await world.close();
    },
  };
}

export function bodyOf(body: string): PushBody {
  return JSON.parse(body);
}

export function textOf({ message }: PushBody): string {
  return Buffer.from(message.data ?? "", "base64").toString();
}
