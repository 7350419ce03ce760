import type { LocalClock } from "../clock.ts";
import type { PushFaults } from "../faults/push-faults.ts";
import type { HttpSender } from "../http/http-post.ts";
import type { Identity } from "../identity.ts";
import { alreadyExists, notFound } from "../rpc-error.ts";
import type { Storage } from "../storage.ts";
import { createKeptMessages } from "./kept-messages.ts";
import { parseName, shortName } from "./names.ts";
import type { PublishedMessage, StoredMessage } from "./published-message.ts";
import { createPushBudget } from "./push-budget.ts";
import type { DyingMessage, Subscription } from "./subscription.ts";
import { createSubscription, keptSubscriptions } from "./subscription.ts";
import type { WireSubscription, WireTopic } from "./wire.ts";

export interface Topic {
  readonly name: string;
  readonly settings: WireTopic;
  readonly subscriptions: Set<Subscription>;
}

/** What a subscription shows as its topic after that was deleted. */
const DELETED_TOPIC = "_deleted-topic_";

/** All topics and subscriptions of one emulator, of every project, kept ones too. Names that do not exist are NOT_FOUND. */
export interface Broker {
  readonly topics: ReadonlyMap<string, Topic>;
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  topic(name: string): Topic;
  subscription(name: string): Subscription;
  createTopic(settings: WireTopic): Topic;
  deleteTopic(name: string): void;
  /** Returns the message ids. */
  publish(topic: Topic, messages: readonly PublishedMessage[]): string[];
  createSubscription(settings: WireSubscription): Subscription;
  deleteSubscription(name: string): void;
  /** Ends with the process: what is kept stays. */
  close(): void;
}

export interface BrokerOptions {
  clock: LocalClock;
  identity: Identity;
  sender: HttpSender;
  faults: PushFaults;
  storage: Storage;
  onChange(): void;
}

const TOPIC = "pubsub.topic";

export function createBroker(options: BrokerOptions): Broker {
  const { clock, storage } = options;
  const { keeper } = storage;
  const topics = new Map<string, Topic>();
  const subscriptions = new Map<string, Subscription>();
  const keptMessages = createKeptMessages(storage);
  const pushBudget = createPushBudget();
  // Sixteen digits, so that ids sort as text too, and later ones than those of the emulator that ran before.
  let lastMessageId = Math.max(clock.now() * 1000, keptMessages.lastMessageId);

  function addTopic(settings: WireTopic): Topic {
    const added: Topic = { name: settings.name, settings, subscriptions: new Set() };
    topics.set(settings.name, added);
    return added;
  }

  function addSubscription(settings: WireSubscription): Subscription {
    const added = createSubscription(settings, { ...options, keptMessages, pushBudget, deadLetter });
    subscriptions.set(settings.name, added);
    topics.get(settings.topic)?.subscriptions.add(added);
    return added;
  }

  function topic(name: string): Topic {
    return topics.get(name) ?? fail(notFound(`Resource not found (resource=${shortName(name)}).`));
  }

  function subscription(name: string): Subscription {
    return subscriptions.get(name) ?? fail(notFound(`Resource not found (resource=${shortName(name)}).`));
  }

  function nextMessageId(): string {
    lastMessageId += 1;
    return String(lastMessageId);
  }

  function publish(to: Topic, messages: readonly PublishedMessage[]): string[] {
    const publishMs = clock.now();
    for (const message of messages) {
      message.messageId = nextMessageId();
      message.publishMs = publishMs;
    }
    keeper.together(() => keep(to, messages));
    // Every filter has looked.
    for (const message of messages) message.forgetAttributes();
    deliver(to);
    return messages.map(({ messageId }) => messageId);
  }

  function keep(to: Topic, messages: readonly StoredMessage[]): void {
    for (const message of messages) for (const each of to.subscriptions) each.offer(message);
  }

  function deliver(from: Topic): void {
    for (const each of from.subscriptions) each.pump();
  }

  function deadLetter(source: WireSubscription, { message, deliveries, leave }: DyingMessage): boolean {
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
    keeper.together(() => {
      leave();
      const { data, orderingKey } = message;
      keep(to, [{ messageId: nextMessageId(), publishMs: clock.now(), data, orderingKey, attributes }]);
    });
    deliver(to);
    return true;
  }

  for (const { value } of keeper.all<WireTopic>(TOPIC)) addTopic(value);
  for (const settings of keptSubscriptions(storage)) addSubscription(settings);

  return {
    topics,
    subscriptions,
    topic,
    subscription,
    publish,
    createTopic(settings) {
      refuseTaken(topics, settings.name);
      keeper.put(TOPIC, settings.name, settings);
      return addTopic(settings);
    },
    deleteTopic(name) {
      const { subscriptions: left } = topic(name);
      keeper.together(() => {
        for (const each of left) each.update({ ...each.settings, topic: DELETED_TOPIC });
        keeper.delete(TOPIC, name);
      });
      topics.delete(name);
    },
    createSubscription(settings) {
      refuseTaken(subscriptions, settings.name);
      topic(settings.topic);
      const created = addSubscription(settings);
      created.update(settings);
      return created;
    },
    deleteSubscription(name) {
      const removed = subscription(name);
      subscriptions.delete(name);
      topics.get(removed.settings.topic)?.subscriptions.delete(removed);
      removed.delete();
      options.onChange();
    },
    close() {
      for (const each of subscriptions.values()) each.close();
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
