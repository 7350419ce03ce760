import type { Consumer } from "./consumer.ts";
import type { StoredMessage } from "./published-message.ts";

/** One message of one subscription, from its arrival to its acknowledgement. */
export interface Entry {
  readonly message: StoredMessage;
  /** Undefined: the message is not ordered. */
  readonly queue: KeyQueue | undefined;
  /** acked: stored only because an earlier message of its key may replay it. gone: dead-lettered or expired. */
  state: "ready" | "waiting" | "leased" | "acked" | "gone";
  /** Nacks and missed deadlines. */
  failures: number;
  /** True while the list of pending messages holds a place for it. */
  hasPlace: boolean;
  lease?: { ackId: string; consumer: Consumer; bytes: number; deadline?: { cancel(): void } };
  wait?: { untilMs: number; timer: { cancel(): void } };
}

/** The messages of one ordering key, in the order of their publishing. */
export interface KeyQueue {
  readonly key: string;
  readonly entries: Entry[];
}

/** A consumer with room for some messages. */
export interface Taking {
  consumer: Consumer;
  hasRoom(): boolean;
  grant(entry: Entry): void;
}

/** The queues of all ordering keys of one subscription. */
export class KeyQueues {
  readonly #byKey = new Map<string, KeyQueue>();
  /** Queues that may have a message to deliver; each is checked when a consumer takes. */
  readonly #open = new Set<KeyQueue>();

  /** Returns the queue of a key; creates an empty one for a new key. */
  of(key: string): KeyQueue {
    const queue = this.#byKey.get(key) ?? { key, entries: [] };
    this.#byKey.set(key, queue);
    return queue;
  }

  /** Has the queue checked by the next consumer. */
  open(queue: KeyQueue): void {
    this.#open.add(queue);
  }

  /** Grants messages of the open queues while the consumer has room. */
  take({ consumer, hasRoom, grant }: Taking): void {
    for (const queue of this.#open) {
      if (!hasRoom()) return;
      let entry = nextOf(queue, consumer);
      while (typeof entry === "object" && hasRoom()) {
        grant(entry);
        entry = nextOf(queue, consumer);
      }
      if (entry === undefined) this.#open.delete(queue);
    }
  }

  /** Drops the head of the queue that no earlier message can replay. @returns the dropped entries */
  trim(queue: KeyQueue): Entry[] {
    const { entries } = queue;
    const kept = entries.findIndex(({ state }) => state !== "acked" && state !== "gone");
    const dropped = entries.splice(0, kept < 0 ? entries.length : kept);
    if (entries.length > 0) this.#open.add(queue);
    else {
      this.#open.delete(queue);
      this.#byKey.delete(queue.key);
    }
    return dropped;
  }

  /** Returns the acknowledged messages that an earlier message of their key would replay. */
  acked(): StoredMessage[] {
    const entries = [...this.#byKey.values()].flatMap(queue => queue.entries);
    return entries.filter(({ state }) => state === "acked").map(({ message }) => message);
  }

  clear(): void {
    this.#byKey.clear();
    this.#open.clear();
  }
}

/**
 * Returns the message of the queue that the consumer may have next. One consumer holds all outstanding messages of a
 * key. A consumer that takes one message at a time holds only one of them.
 * @returns "later" while another lease blocks the queue; undefined when the queue has nothing to deliver
 */
function nextOf(queue: KeyQueue, consumer: Consumer): Entry | "later" | undefined {
  for (const entry of queue.entries) {
    if (entry.state === "ready") return entry;
    if (entry.state === "waiting") return undefined;
    if (entry.state === "leased" && (consumer.oneAtATime || entry.lease?.consumer !== consumer))
      return "later";
  }
  return undefined;
}

/** Returns the entries of the same key that were published after this one. */
export function laterThan(entry: Entry): Entry[] {
  const entries = entry.queue?.entries ?? [];
  return entries.slice(entries.indexOf(entry) + 1);
}
