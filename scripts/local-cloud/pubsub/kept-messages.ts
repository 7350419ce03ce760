import type { Storage } from "../storage.ts";
import { plainMessage } from "./message.ts";
import type { StoredMessage } from "./published-message.ts";

/** What one subscription has to do with messages, as it is kept: each call is kept when it returns. */
export interface Holds {
  /** What it held when the process ended before, oldest first; asked for once. */
  restored(): HeldMessage[];
  add(message: StoredMessage): void;
  /** Not acknowledged, after so many failures. */
  keepUnacked(messageId: string, failures: number): void;
  /** Acknowledged, and kept for a seek. */
  keepAcked(messageId: string): void;
  /** A message that no subscription holds any more is forgotten. */
  end(messageId: string): void;
}

export interface HeldMessage {
  message: StoredMessage;
  failures: number;
  acked: boolean;
}

export interface KeptMessages {
  of(subscription: string): Holds;
  /** The highest id of what was kept; 0 without. */
  readonly lastMessageId: number;
}

/** Under `messageId subscription`, so that what lies together is written together. */
interface Hold {
  failures: number;
  acked: boolean;
}

const MESSAGE = "pubsub.message";
const HOLD = "pubsub.hold";

const nothing = () => undefined;
const NO_HOLDS: Holds = {
  restored: () => [],
  add: nothing,
  keepUnacked: nothing,
  keepAcked: nothing,
  end: nothing,
};

/** A message is kept once, however many subscriptions hold it, and for as long as one does. */
export function createKeptMessages({ keeper }: Storage): KeptMessages {
  if (keeper.forgets) return { of: () => NO_HOLDS, lastMessageId: 0 };
  const holders = new Map<string, number>();
  const { restored, lastMessageId } = restore();

  function restore() {
    const messages = keeper.all<StoredMessage>(MESSAGE).map(({ value }) => value);
    const byId = new Map(messages.map(message => [message.messageId, message]));
    const bySubscription = new Map<string, HeldMessage[]>();
    for (const { key, value } of keeper.all<Hold>(HOLD)) {
      const [messageId = "", subscription = ""] = key.split(" ");
      const message = byId.get(messageId);
      if (!message) continue;
      const held = bySubscription.get(subscription) ?? [];
      held.push({ message, ...value });
      bySubscription.set(subscription, held);
      count(messageId, 1);
    }
    const ids = messages.map(({ messageId }) => Number(messageId));
    return { restored: bySubscription, lastMessageId: ids.reduce((a, b) => Math.max(a, b), 0) };
  }

  function count(messageId: string, by: number): number {
    const next = (holders.get(messageId) ?? 0) + by;
    if (next > 0) holders.set(messageId, next);
    else holders.delete(messageId);
    return next;
  }

  function of(subscription: string): Holds {
    const keyOf = (messageId: string) => `${messageId} ${subscription}`;
    const put = (messageId: string, hold: Hold) => keeper.put(HOLD, keyOf(messageId), hold);
    return {
      restored() {
        const held = restored.get(subscription) ?? [];
        restored.delete(subscription);
        return held.sort((a, b) => Number(a.message.messageId) - Number(b.message.messageId));
      },
      add(message) {
        if (count(message.messageId, 1) === 1) keeper.put(MESSAGE, message.messageId, plainMessage(message));
        put(message.messageId, { failures: 0, acked: false });
      },
      keepUnacked: (messageId, failures) => put(messageId, { failures, acked: false }),
      keepAcked: messageId => put(messageId, { failures: 0, acked: true }),
      end(messageId) {
        keeper.together(() => {
          keeper.delete(HOLD, keyOf(messageId));
          if (count(messageId, -1) === 0) keeper.delete(MESSAGE, messageId);
        });
      },
    };
  }

  return { of, lastMessageId };
}
