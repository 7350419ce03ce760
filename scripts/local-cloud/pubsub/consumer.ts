import type { StoredMessage } from "./published-message.ts";

/** Whoever takes messages from a backlog: the push of a subscription, a stream, one pull. */
export interface Consumer {
  /** Undefined: no deadline by the clock, the consumer itself ends every delivery. */
  leaseMs(): number | undefined;
  /** Of each ordering key only one message is outstanding with it. */
  readonly oneAtATime: boolean;
  /** Whether it takes one more, given what it holds. */
  room(): boolean;
  /** What it holds now: kept by the backlog. */
  outstanding: number;
  outstandingBytes: number;
}

export interface Delivery {
  ackId: string;
  message: StoredMessage;
  /** 1 for the first. */
  attempt: number;
}
