import type { LocalClock } from "../clock.ts";
import type { PushFaults } from "../faults/push-faults.ts";
import { createFaultyPushes } from "../faults/push-faults.ts";
import type { HttpSender } from "../http/http-post.ts";
import type { Identity } from "../identity.ts";
import type { Storage } from "../storage.ts";
import type { Backlog } from "./backlog.ts";
import { createBacklog } from "./backlog.ts";
import type { Filter } from "./filter.ts";
import { parseFilter } from "./filter.ts";
import type { KeptMessages } from "./kept-messages.ts";
import type { StoredMessage } from "./published-message.ts";
import type { PushError } from "./push.ts";
import { createPush } from "./push.ts";
import type { PushBudget } from "./push-budget.ts";
import type { WireSubscription } from "./wire.ts";

export interface Subscription {
  readonly name: string;
  readonly settings: WireSubscription;
  /** The new settings hold, and are kept. */
  update(settings: WireSubscription): void;
  readonly backlog: Backlog;
  /** Takes a published message, unless the filter drops it. Until `pump` it is kept, not delivered. */
  offer(message: StoredMessage): void;
  /** Whoever pulls: told when there may be something to take. Returns how to leave. */
  join(puller: Puller): () => void;
  /** Gives what can be taken to whoever can take it now. */
  pump(): void;
  /** Nothing on its way to an endpoint, and nothing that could be: what waits for a pull does not count. */
  idle(): boolean;
  status(): SubscriptionStatus;
  /** Ends with the process: what is kept stays. */
  close(): void;
  /** Ends for good. */
  delete(): void;
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
  pushBudget: PushBudget;
  storage: Storage;
  keptMessages: KeptMessages;
  deadLetter(source: WireSubscription, dying: DyingMessage): boolean;
  onChange(): void;
}

/** A message that goes to the dead letter topic, and what has it leave its subscription. */
export interface DyingMessage {
  message: StoredMessage;
  deliveries: number;
  leave(): void;
}

const KIND = "pubsub.subscription";

/** The settings of the subscriptions that were kept. */
export function keptSubscriptions({ keeper }: Storage): WireSubscription[] {
  return keeper.all<WireSubscription>(KIND).map(({ value }) => value);
}

/** Begins with the messages that were kept for a subscription of this name. */
export function createSubscription(first: WireSubscription, options: SubscriptionOptions): Subscription {
  const { clock, identity, sender, faults, pushBudget, onChange, keptMessages, storage } = options;
  const { keeper } = storage;
  let current = first;
  // Without one nobody looks at the attributes here, which are only read when somebody does.
  const filter: Filter | undefined = first.filter ? parseFilter(first.filter) : undefined;
  const pullers = new Set<Puller>();
  const settings = () => current;
  const backlog = createBacklog({
    clock,
    holds: keptMessages.of(first.name),
    together: keeper.together,
    settings,
    onReady: () => subscription.pump(),
    lateMs: () => (settings().pushConfig?.pushEndpoint ? faults.delayMs(first.name) : 0),
    deadLetter: (message, deliveries, leave) => options.deadLetter(current, { message, deliveries, leave }),
  });
  const push = createPush({
    clock,
    identity,
    sender,
    faultyPushes: createFaultyPushes(faults),
    budget: pushBudget,
    settings,
    backlog,
    onAnswer: onChange,
  });

  const subscription: Subscription = {
    name: first.name,
    get settings() {
      return current;
    },
    update(changed) {
      current = changed;
      keeper.put(KIND, first.name, changed);
    },
    backlog,
    offer(message) {
      if (!filter || filter(message.attributes)) backlog.add(message);
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
      push.close();
      backlog.close();
      for (const puller of pullers) puller.end();
      pullers.clear();
    },
    delete() {
      keeper.together(() => {
        keeper.delete(KIND, first.name);
        backlog.delete();
      });
      subscription.close();
    },
  };
  return subscription;
}
