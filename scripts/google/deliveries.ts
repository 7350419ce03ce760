import { createIdleSignal } from "../local-cloud/idle-signal.ts";

/** A push subscription as far as its deliveries go. */
export interface WatchedSubscription {
  name: string;
  topic: string;
  endpoint: string;
  ordered: boolean;
  /** How long a refused message waits by the plan; in reality the emulator's own clock decides. */
  backoffMs: number;
}

/** Which messages Google's emulator has still to deliver: it does not tell, so what goes in and out is counted. */
export interface Deliveries {
  watch(subscription: WatchedSubscription): void;
  forget(subscription: string): void;
  /** What its subscriptions still hold is given up: the emulator does not promise to deliver it. */
  topicDeleted(topic: string): void;
  published(topic: string, messages: readonly { id: string; orderingKey: string }[]): void;
  /** A push was answered. */
  answered(subscription: string, id: string, wasAcknowledged: boolean): void;
  /** Per subscription, how many are not acknowledged. */
  undelivered(): {
    name: string;
    topic: string;
    pushEndpoint: string;
    undelivered: number;
    inFlight: number;
  }[];
  /** Nothing could be delivered now: what waits for its backoff, or behind such a one, does not count. */
  idle(): boolean;
  settle(): Promise<void>;
  close(): void;
}

interface Waiting {
  orderingKey: string;
  heldUntilMs: number;
}

export function createDeliveries(now: () => number): Deliveries {
  const watched = new Map<string, WatchedSubscription>();
  const waiting = new Map<string, Map<string, Waiting>>();
  /** Answered before the publisher was told the message's id. */
  const early = new Set<string>();
  const signal = createIdleSignal(idle);

  function idle(): boolean {
    return [...waiting].every(([name, messages]) => isIdle(messages, watched.get(name)?.ordered ?? false));
  }

  function isIdle(messages: ReadonlyMap<string, Waiting>, ordered: boolean): boolean {
    const held = [...messages.values()].filter(({ heldUntilMs }) => heldUntilMs > now());
    const heldKeys = new Set(ordered ? held.map(({ orderingKey }) => orderingKey).filter(Boolean) : []);
    return [...messages.values()].every(
      ({ heldUntilMs, orderingKey }) => heldUntilMs > now() || heldKeys.has(orderingKey),
    );
  }

  return {
    watch(subscription) {
      watched.set(subscription.name, subscription);
      if (!waiting.has(subscription.name)) waiting.set(subscription.name, new Map());
    },
    forget(name) {
      watched.delete(name);
      waiting.delete(name);
      signal.changed();
    },
    topicDeleted(topic) {
      for (const { name } of [...watched.values()].filter(each => each.topic === topic)) {
        waiting.get(name)?.clear();
        watched.delete(name);
      }
      signal.changed();
    },
    published(topic, messages) {
      for (const { name } of [...watched.values()].filter(each => each.topic === topic)) {
        for (const { id, orderingKey } of messages) {
          if (!early.delete(`${name} ${id}`)) waiting.get(name)?.set(id, { orderingKey, heldUntilMs: 0 });
        }
      }
      signal.changed();
    },
    answered(name, id, wasAcknowledged) {
      const messages = waiting.get(name);
      const message = messages?.get(id);
      if (wasAcknowledged && message) messages?.delete(id);
      else if (wasAcknowledged) early.add(`${name} ${id}`);
      else if (message) message.heldUntilMs = now() + (watched.get(name)?.backoffMs ?? 0);
      signal.changed();
    },
    undelivered: () =>
      [...watched.values()].map(({ name, topic, endpoint }) => ({
        name,
        topic,
        pushEndpoint: endpoint,
        undelivered: waiting.get(name)?.size ?? 0,
        inFlight: 0,
      })),
    idle,
    settle: signal.settle,
    close: signal.close,
  };
}
