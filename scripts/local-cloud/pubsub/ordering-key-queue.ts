import type { Consumer } from "./consumer.ts";
import type { StoredMessage } from "./published-message.ts";

/** One message on its way through one subscription. */
export interface Entry {
  readonly message: StoredMessage;
  /** None where there is no order to keep. */
  readonly lane: Lane | undefined;
  /** acked: kept only because an earlier message of its key may still replay it. gone: dead-lettered or expired. */
  state: "ready" | "waiting" | "leased" | "acked" | "gone";
  /** Nacks and missed deadlines so far. */
  failures: number;
  /** The list of what is pending has a place for it. */
  hasPlace: boolean;
  lease?: { ackId: string; consumer: Consumer; bytes: number; deadline?: { cancel(): void } };
  wait?: { untilMs: number; timer: { cancel(): void } };
}

/** The messages of one ordering key, in the order of their publishing. */
export interface Lane {
  readonly key: string;
  readonly entries: Entry[];
}

/**
 * The message of the lane that `consumer` may have next. Of an ordered key all that is outstanding is with one
 * consumer, and with one that takes a message at a time it is a single message.
 */
export function nextOf(lane: Lane, consumer: Consumer): Entry | "later" | undefined {
  for (const entry of lane.entries) {
    if (entry.state === "ready") return entry;
    if (entry.state === "waiting") return undefined;
    if (entry.state === "leased" && (consumer.oneAtATime || entry.lease?.consumer !== consumer))
      return "later";
  }
  return undefined;
}

/** Takes out and returns the beginning of the lane, which nothing can replay any more. */
export function trim({ entries }: Lane): Entry[] {
  const kept = entries.findIndex(({ state }) => state !== "acked" && state !== "gone");
  return entries.splice(0, kept < 0 ? entries.length : kept);
}

export function laterThan(entry: Entry): Entry[] {
  const entries = entry.lane?.entries ?? [];
  return entries.slice(entries.indexOf(entry) + 1);
}
