import type { Consumer } from "./consumer.ts";

/** How many messages of one subscription are on their way at once: Google begins with less and ends higher. */
const MOST = 100;
/** What a subscription may always have on its way, however busy the others are: somebody may wait for it. */
const SURE = 8;
/**
 * All subscriptions together. The functions share one process and one Firestore: with a hundred of each of forty
 * subscriptions every transaction waits for thousands of others, some for longer than their function may wait, and
 * more is tried again than is done. Google's functions have machines of their own.
 */
const TOTAL = 128;

/** Shares out among the push subscriptions how many messages are on their way. */
export interface PushBudget {
  join(consumer: Consumer): void;
  leave(consumer: Consumer): void;
  /** Whether this one may have one more. */
  allows(consumer: Consumer): boolean;
  /** Has `pump` called when there is room again, where only the others are what takes it. */
  awaitRoom(consumer: Consumer, pump: () => void): void;
  /** Something has arrived: whoever has waited longest is first. */
  freed(): void;
}

export function createPushBudget(): PushBudget {
  const consumers = new Set<Consumer>();
  const waiting = new Map<Consumer, () => void>();

  function isFull(): boolean {
    let outstanding = 0;
    for (const consumer of consumers) outstanding += consumer.outstanding;
    return outstanding >= TOTAL;
  }

  const allows = ({ outstanding }: Consumer) => outstanding < SURE || (outstanding < MOST && !isFull());
  return {
    allows,
    join: consumer => consumers.add(consumer),
    leave(consumer) {
      consumers.delete(consumer);
      waiting.delete(consumer);
    },
    awaitRoom(consumer, pump) {
      if (consumer.outstanding < MOST && !allows(consumer)) waiting.set(consumer, pump);
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
