import type { LocalClock } from "../clock.ts";
import type { Consumer, Delivery } from "./consumer.ts";
import { sizeOf } from "./message.ts";
import type { Entry } from "./ordering-key-queue.ts";

/** The outstanding deliveries of one subscription. A lease ties a message to a consumer until a deadline. */
export class Leases {
  readonly #clock: LocalClock;
  readonly #onDeadline: (ackId: string) => void;
  readonly #byAckId = new Map<string, Entry>();
  #granted = 0;

  /** @param onDeadline called for a lease whose deadline has passed; the callee releases the lease */
  constructor(clock: LocalClock, onDeadline: (ackId: string) => void) {
    this.#clock = clock;
    this.#onDeadline = onDeadline;
  }

  grant(entry: Entry, consumer: Consumer): Delivery {
    this.#granted += 1;
    const ackId = `${entry.message.messageId}:${this.#granted}`;
    entry.state = "leased";
    const bytes = sizeOf(entry.message);
    entry.lease = { ackId, consumer, bytes };
    this.#byAckId.set(ackId, entry);
    consumer.outstanding += 1;
    consumer.outstandingBytes += bytes;
    const leaseMs = consumer.leaseMs();
    if (leaseMs !== undefined) this.extend(ackId, leaseMs);
    return { ackId, message: entry.message, attempt: entry.failures + 1 };
  }

  /** Returns the message of a valid ackId. */
  find(ackId: string): Entry | undefined {
    return this.#byAckId.get(ackId);
  }

  /** Moves the deadline of a lease to `ms` from now. An invalid ackId is ignored. */
  extend(ackId: string, ms: number): void {
    const lease = this.#byAckId.get(ackId)?.lease;
    if (!lease) return;
    lease.deadline?.cancel();
    lease.deadline = this.#clock.at(this.#clock.now() + ms, () => this.#onDeadline(ackId));
  }

  /** Ends the lease of the message, if it has one. Its ackId becomes invalid. */
  release(entry: Entry): void {
    const { lease } = entry;
    if (!lease) return;
    delete entry.lease;
    lease.deadline?.cancel();
    this.#byAckId.delete(lease.ackId);
    lease.consumer.outstanding -= 1;
    lease.consumer.outstandingBytes -= lease.bytes;
  }

  count(): number {
    return this.#byAckId.size;
  }
}
