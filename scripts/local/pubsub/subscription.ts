import type { LocalClock } from "../clock.ts";
import type { HttpSender } from "../http-post.ts";
import type { Identity } from "../identity.ts";
import type { PushFaults } from "../push-faults.ts";
import { createFaultyPushes } from "../push-faults.ts";
import type { Backlog } from "./backlog.ts";
import { createBacklog } from "./backlog.ts";
import type { Filter } from "./filter.ts";
import { parseFilter } from "./filter.ts";
import type { StoredMessage } from "./message.ts";
import type { PushError } from "./push.ts";
import { createPush } from "./push.ts";
import type { WireSubscription } from "./wire.ts";

export interface Subscription {
  readonly name: string;
  settings: WireSubscription;
  /** False once the topic was deleted. */
  attached: boolean;
  readonly backlog: Backlog;
  /** Takes a published message, unless the filter drops it. */
  offer(message: StoredMessage): void;
  /** Whoever pulls: told when there may be something to take. Returns how to leave. */
  join(puller: Puller): () => void;
  /** Gives what can be taken to whoever can take it now. */
  pump(): void;
  /** Nothing on its way to an endpoint, and nothing that could be: what waits for a pull does not count. */
  idle(): boolean;
  status(): SubscriptionStatus;
  close(): void;
}

export interface Puller {
  pump(): void;
  /** The subscription was deleted. */
  end(): void;
}

export interface SubscriptionStatus {
  name: string;
  topic: string;
  pushEndpoint?: string;
  undelivered: number;
  inFlight: number;
  waitingUntilMs?: number;
  lastPushError?: PushError;
}

export interface SubscriptionOptions {
  clock: LocalClock;
  identity: Identity;
  sender: HttpSender;
  faults: PushFaults;
  deadLetter(source: WireSubscription, message: StoredMessage, deliveries: number): boolean;
  onChange(): void;
}

export function createSubscription(first: WireSubscription, options: SubscriptionOptions): Subscription {
  const { clock, identity, sender, faults, onChange } = options;
  const filter: Filter = parseFilter(first.filter ?? "");
  const pullers = new Set<Puller>();
  const settings = () => subscription.settings;
  const backlog = createBacklog({
    clock,
    settings,
    onReady: () => subscription.pump(),
    lateMs: () => (settings().pushConfig?.pushEndpoint ? faults.delayMs(first.name) : 0),
    deadLetter: (message, deliveries) => options.deadLetter(settings(), message, deliveries),
  });
  const push = createPush({
    clock,
    identity,
    sender,
    faultyPushes: createFaultyPushes(faults),
    settings,
    backlog,
    onAnswer: onChange,
  });

  const subscription: Subscription = {
    name: first.name,
    settings: first,
    attached: true,
    backlog,
    offer(message) {
      if (filter(message.attributes)) backlog.add(message);
    },
    join(puller) {
      pullers.add(puller);
      return () => pullers.delete(puller);
    },
    pump() {
      if (settings().pushConfig?.pushEndpoint) return push.pump();
      for (const puller of [...pullers]) {
        // To the end of the line, so that all of them get their share.
        if (pullers.delete(puller)) pullers.add(puller);
        puller.pump();
      }
    },
    idle: () => push.inFlight() === 0,
    status() {
      const lastPushError = push.lastError();
      const { pushConfig, topic } = settings();
      return {
        name: first.name,
        topic,
        ...(pushConfig?.pushEndpoint && { pushEndpoint: pushConfig.pushEndpoint }),
        ...backlog.status(),
        ...(lastPushError && { lastPushError }),
      };
    },
    close() {
      backlog.close();
      for (const puller of pullers) puller.end();
      pullers.clear();
    },
  };
  return subscription;
}
