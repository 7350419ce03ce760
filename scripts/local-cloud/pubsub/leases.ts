import type { LocalClock } from "../clock.ts";
import type { Consumer, Delivery } from "./consumer.ts";
import { sizeOf } from "./message.ts";
import type { Entry } from "./ordering-key-queue.ts";

/** Which message is with which consumer, under which ackId, until when. */
export interface Leases {
  grant(entry: Entry, consumer: Consumer): Delivery;
  /** The message behind an ackId that is still good. */
  find(ackId: string): Entry | undefined;
  extend(ackId: string, ms: number): void;
  /** Ends the lease of the message, if it has one: its ackId is good for nothing from now on. */
  release(entry: Entry): void;
  count(): number;
}

/** `onDeadline` is called for a lease whose time is over; it is not released by then. */
export function createLeases(clock: LocalClock, onDeadline: (ackId: string) => void): Leases {
  const byAckId = new Map<string, Entry>();
  let granted = 0;

  function extend(ackId: string, ms: number): void {
    const lease = byAckId.get(ackId)?.lease;
    if (!lease) return;
    lease.deadline?.cancel();
    lease.deadline = clock.at(clock.now() + ms, () => onDeadline(ackId));
  }

  return {
    extend,
    find: ackId => byAckId.get(ackId),
    count: () => byAckId.size,
    grant(entry, consumer) {
      granted += 1;
      const ackId = `${entry.message.messageId}:${granted}`;
      entry.state = "leased";
      const bytes = sizeOf(entry.message);
      entry.lease = { ackId, consumer, bytes };
      byAckId.set(ackId, entry);
      consumer.outstanding += 1;
      consumer.outstandingBytes += bytes;
      const leaseMs = consumer.leaseMs();
      if (leaseMs !== undefined) extend(ackId, leaseMs);
      return { ackId, message: entry.message, attempt: entry.failures + 1 };
    },
    release(entry) {
      const { lease } = entry;
      if (!lease) return;
      delete entry.lease;
      lease.deadline?.cancel();
      byAckId.delete(lease.ackId);
      lease.consumer.outstanding -= 1;
      lease.consumer.outstandingBytes -= lease.bytes;
    },
  };
}
