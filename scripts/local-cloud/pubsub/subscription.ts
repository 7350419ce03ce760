import type { LocalClock } from "../clock.ts";
import type { PushFaults } from "../faults/push-faults.ts";
import { createFaultyPushes } from "../faults/push-faults.ts";
import type { HttpSender } from "../http/http-post.ts";
import type { Identity } from "../identity.ts";
import type { Storage } from "../storage.ts";
import { Backlog } from "./backlog.ts";
import type { Filter } from "./filter.ts";
import { parseFilter } from "./filter.ts";
import type { KeptMessages } from "./kept-messages.ts";
import type { StoredMessage } from "./published-message.ts";
import type { PushError } from "./push.ts";
import { Push } from "./push.ts";
import type { PushBudget } from "./push-budget.ts";
import type { WireSubscription } from "./wire.ts";

/** An open pull: one request, or one stream. */
export interface Puller {
  /** Called when there may be messages to take. */
  pump(): void;
  /** Called when the subscription is deleted or closed. */
  end(): void;
}

export interface SubscriptionStatus {
  name: string;
  topic: string;
  pushEndpoint?: string;
  undelivered: number;
  inFlight: number;
  /** Time at which the next message leaves its backoff. Absent: no message is in backoff. */
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
  /**
   * Publishes to the dead letter topic and runs `leave` in the same step.
   * @returns false while publishing is not possible
   */
  deadLetter(source: WireSubscription, letter: DeadLetter): boolean;
  onChange(): void;
}

/** A message for the dead letter topic. */
export interface DeadLetter {
  message: StoredMessage;
  deliveries: number;
  /** Removes the message from its subscription. */
  leave(): void;
}

const KIND = "pubsub.subscription";

/** Returns the settings of the stored subscriptions. */
export function keptSubscriptions({ keeper }: Storage): WireSubscription[] {
  return keeper.all<WireSubscription>(KIND).map(({ value }) => value);
}

/** One subscription: filters published messages and delivers its backlog by push or pull. */
export class Subscription {
  readonly name: string;
  readonly backlog: Backlog;
  readonly #options: SubscriptionOptions;
  /** Absent without a filter: attributes are parsed on first access, and nothing else here accesses them. */
  readonly #filter: Filter | undefined;
  readonly #pullers = new Set<Puller>();
  readonly #push: Push;
  #settings: WireSubscription;

  /** Starts with the stored messages of a subscription of this name. */
  constructor(first: WireSubscription, options: SubscriptionOptions) {
    this.name = first.name;
    this.#options = options;
    this.#settings = first;
    this.#filter = first.filter ? parseFilter(first.filter) : undefined;
    this.backlog = this.#createBacklog();
    this.#push = this.#createPush();
  }

  get settings(): WireSubscription {
    return this.#settings;
  }

  /** Replaces the settings and stores them. */
  update(changed: WireSubscription): void {
    this.#settings = changed;
    this.#options.storage.keeper.put(KIND, this.name, changed);
  }

  /** Stores a published message, unless the filter drops it. Its delivery starts with `pump`. */
  offer(message: StoredMessage): void {
    if (!this.#filter || this.#filter(message.attributes)) this.backlog.add(message);
  }

  /** Adds a puller. @returns a function that removes the puller */
  join(puller: Puller): () => void {
    this.#pullers.add(puller);
    return () => this.#pullers.delete(puller);
  }

  /** Delivers messages to every consumer with room. */
  pump(): void {
    if (this.#isPush()) {
      this.#push.pump();
      return;
    }
    for (const puller of [...this.#pullers]) {
      // Moves the puller to the end, so that all pullers get their share.
      if (this.#pullers.delete(puller)) this.#pullers.add(puller);
      puller.pump();
    }
  }

  /** Tells whether no push is in flight. Messages that wait for a pull do not count. */
  idle(): boolean {
    return this.#push.inFlight() === 0;
  }

  status(): SubscriptionStatus {
    const { pushConfig, topic } = this.#settings;
    return {
      name: this.name,
      topic,
      pushEndpoint: pushConfig?.pushEndpoint || undefined,
      ...this.backlog.status(),
      lastPushError: this.#push.lastError(),
    };
  }

  /** Stops the subscription at the end of the process. Stored messages stay. */
  close(): void {
    this.#push.close();
    this.backlog.close();
    for (const puller of this.#pullers) puller.end();
    this.#pullers.clear();
  }

  /** Stops the subscription and removes it and its messages from the storage. */
  delete(): void {
    const { keeper } = this.#options.storage;
    keeper.together(() => {
      keeper.delete(KIND, this.name);
      this.backlog.delete();
    });
    this.close();
  }

  #isPush(): boolean {
    return Boolean(this.#settings.pushConfig?.pushEndpoint);
  }

  #createBacklog(): Backlog {
    const { clock, keptMessages, storage, faults, deadLetter } = this.#options;
    return new Backlog({
      clock,
      holds: keptMessages.of(this.name),
      together: storage.keeper.together,
      settings: () => this.#settings,
      onReady: () => this.pump(),
      lateMs: () => (this.#isPush() ? faults.delayMs(this.name) : 0),
      deadLetter: (message, deliveries, leave) => deadLetter(this.#settings, { message, deliveries, leave }),
    });
  }

  #createPush(): Push {
    const { clock, identity, sender, faults, pushBudget, onChange } = this.#options;
    return new Push({
      clock,
      identity,
      sender,
      faultyPushes: createFaultyPushes(faults),
      budget: pushBudget,
      settings: () => this.#settings,
      backlog: this.backlog,
      onAnswer: onChange,
    });
  }
}
