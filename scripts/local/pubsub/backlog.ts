import type { LocalClock } from "../clock.ts";
import { fromWireTime } from "../wire-time.ts";
import { backoffMs } from "./backoff.ts";
import type { Consumer, Delivery } from "./consumer.ts";
import type { Entry, Lane } from "./lane.ts";
import { laterThan, nextOf, trim } from "./lane.ts";
import { createLeases } from "./leases.ts";
import type { StoredMessage } from "./message.ts";
import type { WireSubscription } from "./wire.ts";

/** The messages of one subscription that nobody has acknowledged yet, and who holds which until when. */
export interface Backlog {
  add(message: StoredMessage): void;
  take(consumer: Consumer, max: number): Delivery[];
  /** An ackId that is not outstanding any more is ignored, as Google does. */
  ack(ackId: string): void;
  nack(ackId: string): void;
  extend(ackId: string, ms: number): void;
  /** Acknowledges what was published before, and delivers again what was retained since. */
  seek(timeMs: number): void;
  status(): BacklogStatus;
  /** Ends every lease, so that what is still out can no longer acknowledge anything. */
  close(): void;
}

export interface BacklogStatus {
  undelivered: number;
  inFlight: number;
  /** When the next message leaves its backoff. */
  waitingUntilMs?: number;
}

export interface BacklogOptions {
  clock: LocalClock;
  /** As they are now: an update holds for what happens after it. */
  settings(): WireSubscription;
  /** Something can be taken now. */
  onReady(): void;
  /** Milliseconds that the next delivery is later than it could be; 0: it is not. */
  lateMs(): number;
  /** Publishes to the dead letter topic; false when that is not possible now. */
  deadLetter(message: StoredMessage, deliveries: number): boolean;
}

export function createBacklog(options: BacklogOptions): Backlog {
  const { clock, settings, onReady, lateMs, deadLetter } = options;
  /** What is not acknowledged, oldest first. */
  const pending = new Map<string, Entry>();
  const lanes = new Map<string, Lane>();
  /** Lanes that may have something to take; they are checked when somebody takes. */
  const open = new Set<Lane>();
  let retained: StoredMessage[] = [];
  const leases = createLeases(clock, nack);

  function add(message: StoredMessage): void {
    const lane = laneOf(message);
    const entry: Entry = { message, lane, state: "ready", failures: 0 };
    lane.entries.push(entry);
    pending.set(message.messageId, entry);
    const ms = lateMs();
    if (ms > 0) holdBack(entry, ms);
    else open.add(lane);
  }

  function laneOf({ orderingKey }: StoredMessage): Lane {
    if (!settings().enableMessageOrdering || orderingKey === "") return { key: undefined, entries: [] };
    const lane = lanes.get(orderingKey) ?? { key: orderingKey, entries: [] };
    lanes.set(orderingKey, lane);
    return lane;
  }

  function take(consumer: Consumer, max: number): Delivery[] {
    dropExpired();
    const deliveries: Delivery[] = [];
    for (const lane of open) {
      let entry = nextOf(lane, consumer);
      while (typeof entry === "object" && deliveries.length < max && consumer.room()) {
        deliveries.push(leases.grant(entry, consumer));
        entry = nextOf(lane, consumer);
      }
      if (entry === undefined) open.delete(lane);
      if (deliveries.length >= max || !consumer.room()) break;
    }
    return deliveries;
  }

  /** Takes the entry out for good, or as good as: an acked one can still be replayed with its key. */
  function remove(entry: Entry, state: "acked" | "gone"): void {
    leases.release(entry);
    entry.wait?.timer.cancel();
    delete entry.wait;
    entry.state = state;
    pending.delete(entry.message.messageId);
    const { lane } = entry;
    trim(lane);
    if (lane.entries.length > 0) open.add(lane);
    else close(lane);
  }

  function close(lane: Lane): void {
    open.delete(lane);
    if (lane.key !== undefined) lanes.delete(lane.key);
  }

  function ack(ackId: string): void {
    const entry = leases.find(ackId);
    if (!entry) return;
    if (settings().retainAckedMessages) retained.push(entry.message);
    remove(entry, "acked");
    onReady();
  }

  function nack(ackId: string): void {
    const entry = leases.find(ackId);
    if (!entry) return;
    leases.release(entry);
    entry.failures += 1;
    for (const later of laterThan(entry)) replay(later);
    const { deadLetterPolicy } = settings();
    const exhausted = entry.failures >= (deadLetterPolicy?.maxDeliveryAttempts ?? Number.POSITIVE_INFINITY);
    if (exhausted && deadLetter(entry.message, entry.failures)) remove(entry, "gone");
    else holdBack(entry, backoffMs(settings(), entry.failures) + lateMs());
    onReady();
  }

  /** A redelivered message brings the later ones of its key again, acknowledged or not: Google's ordering rule. */
  function replay(entry: Entry): void {
    if (entry.state !== "leased" && entry.state !== "acked") return;
    leases.release(entry);
    entry.state = "ready";
    pending.set(entry.message.messageId, entry);
  }

  function holdBack(entry: Entry, ms: number): void {
    const untilMs = clock.now() + ms;
    const timer = clock.at(untilMs, () => {
      delete entry.wait;
      entry.state = "ready";
      open.add(entry.lane);
      onReady();
    });
    entry.state = "waiting";
    entry.wait = { untilMs, timer };
  }

  function dropExpired(): void {
    const { messageRetentionDuration } = settings();
    const bornBeforeMs =
      clock.now() - (messageRetentionDuration ? fromWireTime(messageRetentionDuration) : 0);
    for (const entry of pending.values()) {
      if (entry.message.publishMs > bornBeforeMs) break;
      if (entry.state !== "leased") remove(entry, "gone");
    }
    const firstKept = retained.findIndex(({ publishMs }) => publishMs > bornBeforeMs);
    retained.splice(0, firstKept < 0 ? retained.length : firstKept);
  }

  function seek(timeMs: number): void {
    dropExpired();
    const unacked = [...pending.values()].map(({ message }) => message);
    const past = settings().retainAckedMessages ? unacked.filter(({ publishMs }) => publishMs < timeMs) : [];
    const again = [...retained, ...unacked].filter(({ publishMs }) => publishMs >= timeMs);
    const gone = [...retained.filter(({ publishMs }) => publishMs < timeMs), ...past];
    forget();
    retained = gone.sort(byId);
    for (const message of again.sort(byId)) add(message);
    onReady();
  }

  function forget(): void {
    for (const entry of [...pending.values()]) {
      leases.release(entry);
      entry.wait?.timer.cancel();
    }
    pending.clear();
    lanes.clear();
    open.clear();
    retained = [];
  }

  return {
    add(message) {
      add(message);
      onReady();
    },
    take,
    ack,
    nack,
    extend: leases.extend,
    seek,
    status() {
      dropExpired();
      const waits = [...pending.values()].flatMap(({ wait }) => (wait ? [wait.untilMs] : []));
      return {
        undelivered: pending.size,
        inFlight: leases.count(),
        ...(waits.length > 0 && { waitingUntilMs: waits.reduce((a, b) => Math.min(a, b)) }),
      };
    },
    close: forget,
  };
}

function byId(a: StoredMessage, b: StoredMessage): number {
  return Number(a.messageId) - Number(b.messageId);
}
