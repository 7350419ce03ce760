import type { IdleSignal } from "../local-cloud/idle-signal.ts";
import { createIdleSignal } from "../local-cloud/idle-signal.ts";

/** A push subscription, with the settings that decide about its deliveries. */
export interface WatchedSubscription {
  name: string;
  topic: string;
  endpoint: string;
  ordered: boolean;
  /** Planned backoff of a refused message. The emulator's own clock decides about the real one. */
  backoffMs: number;
}

/** The undelivered messages of one subscription. */
export interface UndeliveredMessages {
  name: string;
  topic: string;
  pushEndpoint: string;
  undelivered: number;
  inFlight: number;
}

/** The undelivered messages of Google's emulator, counted from publishes and answers: the emulator reports none. */
export interface Deliveries {
  watch(subscription: WatchedSubscription): void;
  forget(subscription: string): void;
  /** Drops the topic's subscriptions and their messages: the emulator does not promise to deliver these messages. */
  topicDeleted(topic: string): void;
  published(topic: string, messages: readonly { id: string; orderingKey: string }[]): void;
  /** Records the answer to a push. */
  answered(subscription: string, id: string, wasAcknowledged: boolean): void;
  undelivered(): UndeliveredMessages[];
  /** Tells whether no message can be delivered now. Messages in backoff, and those behind them, do not count. */
  idle(): boolean;
  /** Resolves when idle. */
  settle(): Promise<void>;
  close(): void;
}

export function createDeliveries(now: () => number): Deliveries {
  return new CountedDeliveries(now);
}

interface PublishedId {
  orderingKey: string;
  /** End of the backoff in milliseconds; 0 before the first push. */
  heldUntilMs: number;
}

class CountedDeliveries implements Deliveries {
  readonly #now: () => number;
  readonly #subscriptions = new Map<string, WatchedSubscription>();
  /** Unacknowledged messages by id, by subscription. */
  readonly #messages = new Map<string, Map<string, PublishedId>>();
  /** Messages that were acknowledged before the publish call returned their ids. */
  readonly #early = new Set<string>();
  readonly #signal: IdleSignal;

  constructor(now: () => number) {
    this.#now = now;
    this.#signal = createIdleSignal(() => this.idle());
  }

  watch(subscription: WatchedSubscription): void {
    const { name } = subscription;
    this.#subscriptions.set(name, subscription);
    if (!this.#messages.has(name)) this.#messages.set(name, new Map());
  }

  forget(name: string): void {
    this.#subscriptions.delete(name);
    this.#messages.delete(name);
    this.#signal.changed();
  }

  topicDeleted(topic: string): void {
    for (const name of this.#namesOf(topic)) {
      this.#messages.get(name)?.clear();
      this.#subscriptions.delete(name);
    }
    this.#signal.changed();
  }

  published(topic: string, messages: readonly { id: string; orderingKey: string }[]): void {
    for (const name of this.#namesOf(topic)) {
      const waiting = this.#messages.get(name);
      for (const { id, orderingKey } of messages)
        if (!this.#early.delete(`${name} ${id}`)) waiting?.set(id, { orderingKey, heldUntilMs: 0 });
    }
    this.#signal.changed();
  }

  answered(name: string, id: string, wasAcknowledged: boolean): void {
    const messages = this.#messages.get(name);
    const message = messages?.get(id);
    if (wasAcknowledged && message) messages?.delete(id);
    else if (wasAcknowledged) this.#early.add(`${name} ${id}`);
    else if (message) message.heldUntilMs = this.#now() + (this.#subscriptions.get(name)?.backoffMs ?? 0);
    this.#signal.changed();
  }

  undelivered(): UndeliveredMessages[] {
    return [...this.#subscriptions.values()].map(({ name, topic, endpoint }) => ({
      name,
      topic,
      pushEndpoint: endpoint,
      undelivered: this.#messages.get(name)?.size ?? 0,
      inFlight: 0,
    }));
  }

  idle(): boolean {
    return [...this.#messages].every(([name, messages]) => {
      const isOrdered = this.#subscriptions.get(name)?.ordered ?? false;
      return isEveryMessageHeld([...messages.values()], isOrdered, this.#now());
    });
  }

  settle(): Promise<void> {
    return this.#signal.settle();
  }

  close(): void {
    this.#signal.close();
  }

  #namesOf(topic: string): string[] {
    const subscriptions = [...this.#subscriptions.values()].filter(each => each.topic === topic);
    return subscriptions.map(({ name }) => name);
  }
}

/** Tells whether each message is in backoff, or behind such a message of its ordering key. */
function isEveryMessageHeld(messages: readonly PublishedId[], isOrdered: boolean, nowMs: number): boolean {
  const held = messages.filter(({ heldUntilMs }) => heldUntilMs > nowMs);
  const heldKeys = new Set(isOrdered ? held.map(({ orderingKey }) => orderingKey).filter(Boolean) : []);
  return messages.every(({ heldUntilMs, orderingKey }) => heldUntilMs > nowMs || heldKeys.has(orderingKey));
}
