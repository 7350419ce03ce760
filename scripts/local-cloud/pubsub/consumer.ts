import type { StoredMessage } from "./published-message.ts";

/** A consumer takes messages from a backlog: the push of a subscription, a stream, or one pull. */
export interface Consumer {
  /** Returns the lease in milliseconds of the clock. Undefined: the consumer itself ends every delivery. */
  leaseMs(): number | undefined;
  /** True: at most one message of each ordering key is outstanding. */
  readonly oneAtATime: boolean;
  /** Tells whether the consumer takes one more message. */
  room(): boolean;
  /** Number of leased messages. The leases of the backlog maintain both numbers. */
  outstanding: number;
  outstandingBytes: number;
}

export interface Delivery {
  ackId: string;
  message: StoredMessage;
  /** Number of this delivery; the first is 1. */
  attempt: number;
}
