import type { LocalClock } from "../clock.ts";
import { fromWireTime } from "../wire-time.ts";
import { backoffMs } from "./backoff.ts";
import type { Consumer, Delivery } from "./consumer.ts";
import type { HeldMessage, Holds } from "./kept-messages.ts";
import { Leases } from "./leases.ts";
import type { Entry, KeyQueue, Taking } from "./ordering-key-queue.ts";
import { KeyQueues, laterThan } from "./ordering-key-queue.ts";
import { Pending } from "./pending.ts";
import type { StoredMessage } from "./published-message.ts";
import type { WireSubscription } from "./wire.ts";

export interface BacklogStatus {
  undelivered: number;
  inFlight: number;
  /** Time at which the next message leaves its backoff. Absent: no message is in backoff. */
  waitingUntilMs?: number;
}

export interface BacklogOptions {
  clock: LocalClock;
  holds: Holds;
  /** Stores all changes of `run`, or none of them. */
  together(run: () => void): void;
  /** Returns the current settings. An update applies to later calls. */
  settings(): WireSubscription;
  /** Called when a message may be ready for delivery. */
  onReady(): void;
  /** Returns the milliseconds by which an injected fault delays the next delivery; 0 without a fault. */
  lateMs(): number;
  /**
   * Publishes to the dead letter topic and runs `leave` in the same step.
   * @returns false while publishing is not possible
   */
  deadLetter(message: StoredMessage, deliveries: number, leave: () => void): boolean;
}

/**
 * The unacknowledged messages of one subscription and their leases. A new backlog starts with the stored messages.
 * Leases and backoffs are not stored, so messages in flight at the end of the process are ready again. So are messages
 * that were acknowledged before an earlier message of their key.
 */
export class Backlog {
  readonly #options: BacklogOptions;
  readonly #pending = new Pending();
  readonly #queues = new KeyQueues();
  /** Messages without an ordering key whose backoff is over. */
  readonly #retries = new Set<Entry>();
  #areQueuesFirst = false;
  /** Acknowledged messages that a seek can bring back, by id. */
  readonly #retained = new Map<string, StoredMessage>();
  readonly #leases: Leases;

  constructor(options: BacklogOptions) {
    this.#options = options;
    this.#leases = new Leases(options.clock, ackId => this.nack(ackId));
    for (const held of options.holds.restored()) this.#restore(held);
  }

  /** Stores the message. The caller starts its delivery after the transaction of the storage. */
  add(message: StoredMessage): void {
    this.#options.holds.add(message);
    this.#enter(message, 0);
  }

  /** Leases up to `max` messages to a consumer with room for them. */
  take(consumer: Consumer, max: number): Delivery[] {
    this.#dropExpired();
    const deliveries: Delivery[] = [];
    const taking: Taking = {
      consumer,
      hasRoom: () => deliveries.length < max && consumer.room(),
      grant: entry => void deliveries.push(this.#leases.grant(entry, consumer)),
    };
    if (this.#areQueuesFirst) this.#queues.take(taking);
    this.#takeUnordered(taking);
    if (!this.#areQueuesFirst) this.#queues.take(taking);
    // Both kinds take turns, so that neither starves the other; an empty take is no turn.
    if (deliveries.length > 0) this.#areQueuesFirst = !this.#areQueuesFirst;
    return deliveries;
  }

  /** Acknowledges a message. An ackId that is no longer outstanding is ignored, as Google does. */
  ack(ackId: string): void {
    const entry = this.#leases.find(ackId);
    if (!entry) return;
    this.#remove(entry, "acked");
    this.#options.onReady();
  }

  /** Returns a message for redelivery after its backoff, or dead-letters it after its last attempt. */
  nack(ackId: string): void {
    const entry = this.#leases.find(ackId);
    if (!entry) return;
    this.#leases.release(entry);
    entry.failures += 1;
    for (const later of laterThan(entry)) this.#replay(later);
    const { settings, deadLetter, holds, lateMs, onReady } = this.#options;
    const { deadLetterPolicy } = settings();
    const isExhausted = entry.failures >= (deadLetterPolicy?.maxDeliveryAttempts ?? Number.POSITIVE_INFINITY);
    const leave = () => this.#remove(entry, "gone");
    if (!(isExhausted && deadLetter(entry.message, entry.failures, leave))) {
      holds.keepUnacked(entry.message.messageId, entry.failures);
      this.#holdBack(entry, backoffMs(settings(), entry.failures) + lateMs());
    }
    onReady();
  }

  /** Extends the lease of a delivery to `ms` from now. */
  extend(ackId: string, ms: number): void {
    this.#leases.extend(ackId, ms);
  }

  /** Acknowledges the messages published before a time, and redelivers the retained ones published since. */
  seek(timeMs: number): void {
    this.#dropExpired();
    const { settings, holds, together, onReady } = this.#options;
    const { retainAckedMessages } = settings();
    const acked = this.#queues.acked();
    const unacked = [...this.#pending].map(({ message }) => message);
    const sought = [...this.#retained.values(), ...unacked, ...(retainAckedMessages ? acked : [])].sort(byId);
    this.close();
    together(() => {
      if (!retainAckedMessages) for (const { messageId } of acked) holds.end(messageId);
      for (const message of sought) {
        if (message.publishMs < timeMs) this.#retire(message);
        else {
          holds.keepUnacked(message.messageId, 0);
          this.#enter(message, 0);
        }
      }
    });
    onReady();
  }

  status(): BacklogStatus {
    this.#dropExpired();
    let waitingUntilMs = Number.POSITIVE_INFINITY;
    for (const { wait } of this.#pending)
      if (wait && wait.untilMs < waitingUntilMs) waitingUntilMs = wait.untilMs;
    return {
      undelivered: this.#pending.count(),
      inFlight: this.#leases.count(),
      waitingUntilMs: Number.isFinite(waitingUntilMs) ? waitingUntilMs : undefined,
    };
  }

  /** Ends every lease: outstanding ackIds become invalid. Stored messages stay. */
  close(): void {
    for (const entry of this.#pending) {
      this.#leases.release(entry);
      entry.wait?.timer.cancel();
    }
    this.#pending.clear();
    this.#queues.clear();
    this.#retries.clear();
    this.#retained.clear();
  }

  /** Ends every lease and removes the stored messages of a deleted subscription. */
  delete(): void {
    const ids = [
      ...this.#retained.keys(),
      ...[...this.#pending].map(({ message }) => message.messageId),
      ...this.#queues.acked().map(({ messageId }) => messageId),
    ];
    this.close();
    for (const id of ids) this.#options.holds.end(id);
  }

  #restore({ message, failures, acked }: HeldMessage): void {
    if (acked) this.#retained.set(message.messageId, message);
    else this.#enter(message, failures);
  }

  #enter(message: StoredMessage, failures: number): void {
    const queue = this.#queueOf(message);
    const entry: Entry = { message, queue, state: "ready", failures, hasPlace: true };
    queue?.entries.push(entry);
    this.#pending.add(entry);
    const ms = this.#options.lateMs();
    if (ms > 0) this.#holdBack(entry, ms);
    else if (queue) this.#queues.open(queue);
  }

  #queueOf({ orderingKey }: StoredMessage): KeyQueue | undefined {
    const isOrdered = this.#options.settings().enableMessageOrdering && orderingKey !== "";
    return isOrdered ? this.#queues.of(orderingKey) : undefined;
  }

  #takeUnordered({ hasRoom, grant }: Taking): void {
    for (const entry of this.#retries) {
      if (!hasRoom()) return;
      this.#retries.delete(entry);
      grant(entry);
    }
    while (hasRoom()) {
      const entry = this.#pending.nextNew();
      if (!entry) return;
      grant(entry);
    }
  }

  /** Removes an entry. An acknowledged entry of a key stays replayable until its queue drops it. */
  #remove(entry: Entry, state: "acked" | "gone"): void {
    this.#leases.release(entry);
    entry.wait?.timer.cancel();
    delete entry.wait;
    entry.state = state;
    this.#pending.leave();
    if (state === "gone") this.#options.holds.end(entry.message.messageId);
    if (entry.queue) {
      for (const dropped of this.#queues.trim(entry.queue))
        if (dropped.state === "acked") this.#retire(dropped.message);
      return;
    }
    this.#retries.delete(entry);
    if (state === "acked") this.#retire(entry.message);
  }

  #retire(message: StoredMessage): void {
    const { settings, holds } = this.#options;
    if (settings().retainAckedMessages) {
      this.#retained.set(message.messageId, message);
      holds.keepAcked(message.messageId);
    } else holds.end(message.messageId);
  }

  /** A redelivery repeats the later messages of its key, acknowledged or not: Google's ordering rule. */
  #replay(entry: Entry): void {
    if (entry.state !== "leased" && entry.state !== "acked") return;
    this.#leases.release(entry);
    const hadLeft = entry.state === "acked";
    entry.state = "ready";
    if (hadLeft) this.#pending.comeBack(entry);
  }

  #holdBack(entry: Entry, ms: number): void {
    const { clock, onReady } = this.#options;
    const untilMs = clock.now() + ms;
    const timer = clock.at(untilMs, () => {
      delete entry.wait;
      entry.state = "ready";
      if (entry.queue) this.#queues.open(entry.queue);
      else this.#retries.add(entry);
      onReady();
    });
    entry.state = "waiting";
    entry.wait = { untilMs, timer };
  }

  #dropExpired(): void {
    const { settings, clock, holds } = this.#options;
    const { messageRetentionDuration } = settings();
    const bornBeforeMs =
      clock.now() - (messageRetentionDuration ? fromWireTime(messageRetentionDuration) : 0);
    for (const entry of this.#pending) {
      if (entry.message.publishMs > bornBeforeMs) break;
      if (entry.state !== "leased") this.#remove(entry, "gone");
    }
    for (const { messageId, publishMs } of this.#retained.values()) {
      if (publishMs > bornBeforeMs) break;
      this.#retained.delete(messageId);
      holds.end(messageId);
    }
  }
}

function byId(a: StoredMessage, b: StoredMessage): number {
  return Number(a.messageId) - Number(b.messageId);
}
