import type { LocalClock } from "../clock.ts";
import type { HttpSender } from "../http-post.ts";
import type { Identity } from "../identity.ts";
import type { PushFaults } from "../push-faults.ts";
import { alreadyExists, notFound } from "../rpc-error.ts";
import type { StoredMessage } from "./message.ts";
import { parseName, shortName } from "./names.ts";
import type { Subscription } from "./subscription.ts";
import { createSubscription } from "./subscription.ts";
import type { WireMessage, WireSubscription, WireTopic } from "./wire.ts";

export interface Topic {
  readonly name: string;
  readonly settings: WireTopic;
  readonly subscriptions: Set<Subscription>;
}

/** What a subscription shows as its topic after that was deleted. */
const DELETED_TOPIC = "_deleted-topic_";

/** All topics and subscriptions of one emulator, of every project. Names that do not exist are NOT_FOUND. */
export interface Broker {
  readonly topics: ReadonlyMap<string, Topic>;
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  topic(name: string): Topic;
  subscription(name: string): Subscription;
  createTopic(settings: WireTopic): Topic;
  deleteTopic(name: string): void;
  /** Returns the message ids. */
  publish(topic: Topic, messages: readonly WireMessage[]): string[];
  createSubscription(settings: WireSubscription): Subscription;
  deleteSubscription(name: string): void;
}

export interface BrokerOptions {
  clock: LocalClock;
  identity: Identity;
  sender: HttpSender;
  faults: PushFaults;
  onChange(): void;
}

export function createBroker(options: BrokerOptions): Broker {
  const { clock } = options;
  const topics = new Map<string, Topic>();
  const subscriptions = new Map<string, Subscription>();
  // Sixteen digits, so that ids sort as text too, and later ones than those of the emulator that ran before.
  let lastMessageId = clock.now() * 1000;

  function topic(name: string): Topic {
    return topics.get(name) ?? fail(notFound(`Resource not found (resource=${shortName(name)}).`));
  }

  function subscription(name: string): Subscription {
    return subscriptions.get(name) ?? fail(notFound(`Resource not found (resource=${shortName(name)}).`));
  }

  function store(message: WireMessage): StoredMessage {
    lastMessageId += 1;
    return {
      messageId: String(lastMessageId),
      publishMs: clock.now(),
      data: message.data ?? Buffer.alloc(0),
      attributes: message.attributes ?? {},
      orderingKey: message.orderingKey ?? "",
    };
  }

  function publish(to: Topic, messages: readonly WireMessage[]): string[] {
    const stored = messages.map(store);
    for (const message of stored) for (const each of to.subscriptions) each.offer(message);
    return stored.map(({ messageId }) => messageId);
  }

  function deadLetter(source: WireSubscription, message: StoredMessage, deliveries: number): boolean {
    const to = topics.get(source.deadLetterPolicy?.deadLetterTopic ?? "");
    if (!to) return false;
    const { project, id } = parseName(source.name, "subscriptions");
    const attributes = {
      ...message.attributes,
      CloudPubSubDeadLetterSourceDeliveryCount: String(deliveries),
      CloudPubSubDeadLetterSourceSubscription: id,
      CloudPubSubDeadLetterSourceSubscriptionProject: project,
      CloudPubSubDeadLetterSourceTopicPublishTime: new Date(message.publishMs)
        .toISOString()
        .replace("Z", "+00:00"),
    };
    publish(to, [{ data: message.data, orderingKey: message.orderingKey, attributes }]);
    return true;
  }

  return {
    topics,
    subscriptions,
    topic,
    subscription,
    publish,
    createTopic(settings) {
      refuseTaken(topics, settings.name);
      const created: Topic = { name: settings.name, settings, subscriptions: new Set() };
      topics.set(settings.name, created);
      return created;
    },
    deleteTopic(name) {
      for (const each of topic(name).subscriptions) {
        each.attached = false;
        each.settings = { ...each.settings, topic: DELETED_TOPIC };
      }
      topics.delete(name);
    },
    createSubscription(settings) {
      refuseTaken(subscriptions, settings.name);
      const source = topic(settings.topic);
      const created = createSubscription(settings, { ...options, deadLetter });
      subscriptions.set(settings.name, created);
      source.subscriptions.add(created);
      return created;
    },
    deleteSubscription(name) {
      const removed = subscription(name);
      subscriptions.delete(name);
      topics.get(removed.settings.topic)?.subscriptions.delete(removed);
      removed.close();
      options.onChange();
    },
  };
}

function refuseTaken(taken: ReadonlyMap<string, unknown>, name: string): void {
  if (taken.has(name))
    throw alreadyExists(`Resource already exists in the project (resource=${shortName(name)}).`);
}

function fail(error: Error): never {
  throw error;
}
