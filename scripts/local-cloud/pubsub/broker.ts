import type { LocalClock } from "../clock.ts";
import { shortName } from "../delivery/names.ts";
import type { PushFaults } from "../faults/push-faults.ts";
import type { HttpSender } from "../http/http-post.ts";
import type { Identity } from "../identity.ts";
import { alreadyExists, notFound } from "../rpc-error.ts";
import type { Storage } from "../storage.ts";
import type { KeptMessages } from "./kept-messages.ts";
import { openKeptMessages } from "./kept-messages.ts";
import { parseName } from "./names.ts";
import type { PublishedMessage, StoredMessage } from "./published-message.ts";
import { createPushBudget } from "./push-budget.ts";
import type { DeadLetter } from "./subscription.ts";
import { keptSubscriptions, Subscription } from "./subscription.ts";
import type { WireSubscription, WireTopic } from "./wire.ts";

export interface Topic {
  readonly name: string;
  readonly settings: WireTopic;
  readonly subscriptions: Set<Subscription>;
}

/** Google's name for the topic of a subscription whose topic is deleted. */
const DELETED_TOPIC = "_deleted-topic_";

export interface BrokerOptions {
  clock: LocalClock;
  identity: Identity;
  sender: HttpSender;
  faults: PushFaults;
  storage: Storage;
  onChange(): void;
}

const TOPIC = "pubsub.topic";

/** All topics and subscriptions of one emulator, of every project. A new broker starts with the stored ones. */
export class Broker {
  readonly topics: ReadonlyMap<string, Topic>;
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  readonly #options: BrokerOptions;
  readonly #topics = new Map<string, Topic>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #keptMessages: KeptMessages;
  readonly #pushBudget = createPushBudget();
  #lastMessageId: number;

  constructor(options: BrokerOptions) {
    this.topics = this.#topics;
    this.subscriptions = this.#subscriptions;
    this.#options = options;
    this.#keptMessages = openKeptMessages(options.storage);
    // Ids have sixteen digits, so that they sort as text. New ids are later than the stored ones.
    this.#lastMessageId = Math.max(options.clock.now() * 1000, this.#keptMessages.lastMessageId);
    for (const { value } of options.storage.keeper.all<WireTopic>(TOPIC)) this.#addTopic(value);
    for (const settings of keptSubscriptions(options.storage)) this.#addSubscription(settings);
  }

  /** @throws RpcError NOT_FOUND for an unknown name */
  topic(name: string): Topic {
    return this.#topics.get(name) ?? fail(notFound(`Resource not found (resource=${shortName(name)}).`));
  }

  /** @throws RpcError NOT_FOUND for an unknown name */
  subscription(name: string): Subscription {
    return (
      this.#subscriptions.get(name) ?? fail(notFound(`Resource not found (resource=${shortName(name)}).`))
    );
  }

  /** Stores the messages for every subscription of the topic, and starts their delivery. @returns the message ids */
  publish(to: Topic, messages: readonly PublishedMessage[]): string[] {
    const publishMs = this.#options.clock.now();
    for (const message of messages) {
      message.messageId = this.#nextMessageId();
      message.publishMs = publishMs;
    }
    this.#options.storage.keeper.together(() => offer(to, messages));
    // Filters have read the attributes; from here on they would only use memory.
    for (const message of messages) message.forgetAttributes();
    deliver(to);
    return messages.map(({ messageId }) => messageId);
  }

  /** @throws RpcError ALREADY_EXISTS for a name in use */
  createTopic(settings: WireTopic): Topic {
    refuseExisting(this.#topics, settings.name);
    this.#options.storage.keeper.put(TOPIC, settings.name, settings);
    return this.#addTopic(settings);
  }

  /** Deletes a topic. Its subscriptions stay, with the messages published before. */
  deleteTopic(name: string): void {
    const { keeper } = this.#options.storage;
    const { subscriptions: left } = this.topic(name);
    keeper.together(() => {
      for (const each of left) each.update({ ...each.settings, topic: DELETED_TOPIC });
      keeper.delete(TOPIC, name);
    });
    this.#topics.delete(name);
  }

  /** @throws RpcError ALREADY_EXISTS for a name in use, NOT_FOUND for an unknown topic */
  createSubscription(settings: WireSubscription): Subscription {
    refuseExisting(this.#subscriptions, settings.name);
    this.topic(settings.topic);
    const created = this.#addSubscription(settings);
    created.update(settings);
    return created;
  }

  /** Deletes a subscription and its messages. */
  deleteSubscription(name: string): void {
    const removed = this.subscription(name);
    this.#subscriptions.delete(name);
    this.#topics.get(removed.settings.topic)?.subscriptions.delete(removed);
    removed.delete();
    this.#options.onChange();
  }

  #addTopic(settings: WireTopic): Topic {
    const added: Topic = { name: settings.name, settings, subscriptions: new Set() };
    this.#topics.set(settings.name, added);
    return added;
  }

  #addSubscription(settings: WireSubscription): Subscription {
    const added = new Subscription(settings, {
      ...this.#options,
      keptMessages: this.#keptMessages,
      pushBudget: this.#pushBudget,
      deadLetter: (source, letter) => this.#deadLetter(source, letter),
    });
    this.#subscriptions.set(settings.name, added);
    this.#topics.get(settings.topic)?.subscriptions.add(added);
    return added;
  }

  #nextMessageId(): string {
    this.#lastMessageId += 1;
    return String(this.#lastMessageId);
  }

  /** Moves a message to the dead letter topic. @returns false when that topic does not exist */
  #deadLetter(source: WireSubscription, { message, deliveries, leave }: DeadLetter): boolean {
    const to = this.#topics.get(source.deadLetterPolicy?.deadLetterTopic ?? "");
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
    const publishMs = this.#options.clock.now();
    this.#options.storage.keeper.together(() => {
      leave();
      const { data, orderingKey } = message;
      offer(to, [{ messageId: this.#nextMessageId(), publishMs, data, orderingKey, attributes }]);
    });
    deliver(to);
    return true;
  }
}

function offer(to: Topic, messages: readonly StoredMessage[]): void {
  for (const message of messages) for (const each of to.subscriptions) each.offer(message);
}

function deliver(from: Topic): void {
  for (const each of from.subscriptions) each.pump();
}

function refuseExisting(existing: ReadonlyMap<string, unknown>, name: string): void {
  if (existing.has(name))
    throw alreadyExists(`Resource already exists in the project (resource=${shortName(name)}).`);
}

function fail(error: Error): never {
  throw error;
}
