import type { Keeper, Storage } from "../storage.ts";
import { plainMessage } from "./message.ts";
import type { StoredMessage } from "./published-message.ts";

/** The stored state of one subscription's messages. Each call is stored when it returns. */
export interface Holds {
  /** Returns the state at the end of the previous process, oldest message first. Only one call is allowed. */
  restored(): HeldMessage[];
  add(message: StoredMessage): void;
  /** Stores that a message is not acknowledged, with its number of failures. */
  keepUnacked(messageId: string, failures: number): void;
  /** Stores that a message is acknowledged and retained for a seek. */
  keepAcked(messageId: string): void;
  /** Removes a message. A message that no subscription holds is deleted. */
  end(messageId: string): void;
}

export interface HeldMessage {
  message: StoredMessage;
  failures: number;
  acked: boolean;
}

export interface KeptMessages {
  of(subscription: string): Holds;
  /** Highest id of a stored message; 0 without messages. */
  readonly lastMessageId: number;
}

/** State of one message in one subscription. The key begins with the message id, so related rows are adjacent. */
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

/** Opens the stored messages; a storage without a folder stores none. */
export function openKeptMessages({ keeper }: Storage): KeptMessages {
  return keeper.forgets ? { of: () => NO_HOLDS, lastMessageId: 0 } : new MessageRows(keeper);
}

/** Stores each message once for all subscriptions, as long as one of them holds the message. */
class MessageRows implements KeptMessages {
  readonly lastMessageId: number;
  readonly #keeper: Keeper;
  /** Number of subscriptions that hold a message, by message id. */
  readonly #holders = new Map<string, number>();
  readonly #restored = new Map<string, HeldMessage[]>();

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
    const messages = keeper.all<StoredMessage>(MESSAGE).map(({ value }) => value);
    const ids = messages.map(({ messageId }) => Number(messageId));
    this.lastMessageId = ids.reduce((a, b) => Math.max(a, b), 0);
    this.#restore(new Map(messages.map(message => [message.messageId, message])));
  }

  of(subscription: string): Holds {
    const keeper = this.#keeper;
    const keyOf = (messageId: string) => `${messageId} ${subscription}`;
    const put = (messageId: string, hold: Hold) => keeper.put(HOLD, keyOf(messageId), hold);
    return {
      restored: () => this.#takeRestored(subscription),
      add: message => {
        if (this.#count(message.messageId, 1) === 1)
          keeper.put(MESSAGE, message.messageId, plainMessage(message));
        put(message.messageId, { failures: 0, acked: false });
      },
      keepUnacked: (messageId, failures) => put(messageId, { failures, acked: false }),
      keepAcked: messageId => put(messageId, { failures: 0, acked: true }),
      end: messageId =>
        keeper.together(() => {
          keeper.delete(HOLD, keyOf(messageId));
          if (this.#count(messageId, -1) === 0) keeper.delete(MESSAGE, messageId);
        }),
    };
  }

  #restore(messages: ReadonlyMap<string, StoredMessage>): void {
    for (const { key, value } of this.#keeper.all<Hold>(HOLD)) {
      const [messageId = "", subscription = ""] = key.split(" ");
      const message = messages.get(messageId);
      if (!message) continue;
      const held = this.#restored.get(subscription) ?? [];
      held.push({ message, ...value });
      this.#restored.set(subscription, held);
      this.#count(messageId, 1);
    }
  }

  #takeRestored(subscription: string): HeldMessage[] {
    const held = this.#restored.get(subscription) ?? [];
    this.#restored.delete(subscription);
    return held.sort((a, b) => Number(a.message.messageId) - Number(b.message.messageId));
  }

  /** Changes the number of holders of a message. @returns the new number */
  #count(messageId: string, by: number): number {
    const next = (this.#holders.get(messageId) ?? 0) + by;
    if (next > 0) this.#holders.set(messageId, next);
    else this.#holders.delete(messageId);
    return next;
  }
}
