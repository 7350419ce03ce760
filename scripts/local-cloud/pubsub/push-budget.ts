import type { Consumer } from "./consumer.ts";

/** Max pushes of one subscription in flight. Google starts with fewer and ends higher. */
const MAX_PER_SUBSCRIPTION = 100;
/** Pushes in flight that a subscription may always have, so that busy subscriptions do not starve a quiet one. */
const RESERVED_PER_SUBSCRIPTION = 8;
/**
 * Max pushes of all subscriptions in flight. The functions share one process and one Firestore, unlike Google's.
 * With 40 subscriptions at 100 each, every transaction waits for thousands of others. Some wait longer than their
 * function's timeout, and more work is retried than done.
 */
const MAX_TOTAL = 128;

/** Divides the pushes in flight among the push subscriptions. */
export interface PushBudget {
  join(consumer: Consumer): void;
  leave(consumer: Consumer): void;
  /** Tells whether the consumer may have one more push in flight. */
  allows(consumer: Consumer): boolean;
  /** Calls `pump` once there is room again, unless the consumer itself is at its maximum. */
  awaitRoom(consumer: Consumer, pump: () => void): void;
  /** Called when a push has ended. The consumer that has waited longest is first. */
  freed(): void;
}

export function createPushBudget(): PushBudget {
  const consumers = new Set<Consumer>();
  const waiting = new Map<Consumer, () => void>();

  function isFull(): boolean {
    let outstanding = 0;
    for (const consumer of consumers) outstanding += consumer.outstanding;
    return outstanding >= MAX_TOTAL;
  }

  const allows = ({ outstanding }: Consumer) =>
    outstanding < RESERVED_PER_SUBSCRIPTION || (outstanding < MAX_PER_SUBSCRIPTION && !isFull());
  return {
    allows,
    join: consumer => consumers.add(consumer),
    leave(consumer) {
      consumers.delete(consumer);
      waiting.delete(consumer);
    },
    awaitRoom(consumer, pump) {
      if (consumer.outstanding < MAX_PER_SUBSCRIPTION && !allows(consumer)) waiting.set(consumer, pump);
    },
    freed() {
      for (const [consumer, pump] of waiting) {
        if (isFull()) return;
        waiting.delete(consumer);
        pump();
      }
    },
  };
}
