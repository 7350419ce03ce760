import type { LocalClock } from "../clock.ts";
import { fromWireTime } from "../wire-time.ts";
import { backoffMs } from "./backoff.ts";
import type { Consumer, Delivery } from "./consumer.ts";
import type { HeldMessage, Holds } from "./kept-messages.ts";
import { createLeases } from "./leases.ts";
import type { Entry, Lane } from "./ordering-key-queue.ts";
import { laterThan, nextOf, trim } from "./ordering-key-queue.ts";
import { createPending } from "./pending.ts";
import type { StoredMessage } from "./published-message.ts";
import type { WireSubscription } from "./wire.ts";

/** The messages of one subscription that nobody has acknowledged yet, and who holds which until when. */
export interface Backlog {
  /** Keeps it; whoever calls it sees to its delivery, once everything that belongs together is kept. */
  add(message: StoredMessage): void;
  take(consumer: Consumer, max: number): Delivery[];
  /** An ackId that is not outstanding any more is ignored, as Google does. */
  ack(ackId: string): void;
  nack(ackId: string): void;
  extend(ackId: string, ms: number): void;
  /** Acknowledges what was published before, and delivers again what was retained since. */
  seek(timeMs: number): void;
  status(): BacklogStatus;
  /** Ends every lease, so that what is still out can no longer acknowledge anything. What is kept stays. */
  close(): void;
  /** The subscription is no more: nothing of it is kept. */
  delete(): void;
}

export interface BacklogStatus {
  undelivered: number;
  inFlight: number;
  /** When the next message leaves its backoff. */
  waitingUntilMs?: number;
}

export interface BacklogOptions {
  clock: LocalClock;
  holds: Holds;
  /** All of `run` is kept, or nothing of it. */
  together(run: () => void): void;
  /** As they are now: an update holds for what happens after it. */
  settings(): WireSubscription;
  /** Something can be taken now. */
  onReady(): void;
  /** Milliseconds that the next delivery is later than it could be; 0: it is not. */
  lateMs(): number;
  /**
   * Publishes to the dead letter topic and, together with that, has the message leave; false when that is not
   * possible now.
   */
  deadLetter(message: StoredMessage, deliveries: number, leave: () => void): boolean;
}

/** Somebody takes: what there is room for. */
interface Taking {
  consumer: Consumer;
  hasRoom(): boolean;
  grant(entry: Entry): void;
}

/**
 * Begins with what was kept. Leases and waits are not: what was under way when the process ended is ready again,
 * and so is, behind it, what was acknowledged before an earlier message of its key.
 */
export function createBacklog(options: BacklogOptions): Backlog {
  const { clock, holds, together, settings, onReady, lateMs, deadLetter } = options;
  const pending = createPending();
  const lanes = new Map<string, Lane>();
  /** Lanes that may have something to take; they are checked when somebody takes. */
  const open = new Set<Lane>();
  /** What has no lane and has waited. */
  const again = new Set<Entry>();
  let areLanesFirst = false;
  /** What is acknowledged and can be sought, by id. */
  const retained = new Map<string, StoredMessage>();
  const leases = createLeases(clock, nack);

  function restore({ message, failures, acked }: HeldMessage): void {
    if (acked) retained.set(message.messageId, message);
    else enter(message, failures);
  }

  function enter(message: StoredMessage, failures: number): void {
    const lane = laneOf(message);
    const entry: Entry = { message, lane, state: "ready", failures, hasPlace: true };
    lane?.entries.push(entry);
    pending.add(entry);
    const ms = lateMs();
    if (ms > 0) holdBack(entry, ms);
    else if (lane) open.add(lane);
  }

  function laneOf({ orderingKey }: StoredMessage): Lane | undefined {
    if (!settings().enableMessageOrdering || orderingKey === "") return undefined;
    const lane = lanes.get(orderingKey) ?? { key: orderingKey, entries: [] };
    lanes.set(orderingKey, lane);
    return lane;
  }

  function take(consumer: Consumer, max: number): Delivery[] {
    dropExpired();
    const deliveries: Delivery[] = [];
    const taking: Taking = {
      consumer,
      hasRoom: () => deliveries.length < max && consumer.room(),
      grant: entry => void deliveries.push(leases.grant(entry, consumer)),
    };
    if (areLanesFirst) takeFromLanes(taking);
    takeAlone(taking);
    if (!areLanesFirst) takeFromLanes(taking);
    // In turn, so that neither has the other wait for ever; who got nothing has had no turn.
    if (deliveries.length > 0) areLanesFirst = !areLanesFirst;
    return deliveries;
  }

  function takeFromLanes({ consumer, hasRoom, grant }: Taking): void {
    for (const lane of open) {
      if (!hasRoom()) return;
      let entry = nextOf(lane, consumer);
      while (typeof entry === "object" && hasRoom()) {
        grant(entry);
        entry = nextOf(lane, consumer);
      }
      if (entry === undefined) open.delete(lane);
    }
  }

  function takeAlone({ hasRoom, grant }: Taking): void {
    for (const entry of again) {
      if (!hasRoom()) return;
      again.delete(entry);
      grant(entry);
    }
    while (hasRoom()) {
      const entry = pending.nextNew();
      if (!entry) return;
      grant(entry);
    }
  }

  /** Takes the entry out for good, or as good as: an acked one can still be replayed with its key. */
  function remove(entry: Entry, state: "acked" | "gone"): void {
    leases.release(entry);
    entry.wait?.timer.cancel();
    delete entry.wait;
    entry.state = state;
    pending.leave();
    if (state === "gone") holds.end(entry.message.messageId);
    const { lane } = entry;
    if (!lane) {
      again.delete(entry);
      if (state === "acked") retire(entry.message);
      return;
    }
    for (const passed of trim(lane)) if (passed.state === "acked") retire(passed.message);
    if (lane.entries.length > 0) open.add(lane);
    else close(lane);
  }

  function retire(message: StoredMessage): void {
    if (settings().retainAckedMessages) {
      retained.set(message.messageId, message);
      holds.keepAcked(message.messageId);
    } else holds.end(message.messageId);
  }

  function close(lane: Lane): void {
    open.delete(lane);
    lanes.delete(lane.key);
  }

  function ack(ackId: string): void {
    const entry = leases.find(ackId);
    if (!entry) return;
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
    const leave = () => remove(entry, "gone");
    if (!(exhausted && deadLetter(entry.message, entry.failures, leave))) {
      holds.keepUnacked(entry.message.messageId, entry.failures);
      holdBack(entry, backoffMs(settings(), entry.failures) + lateMs());
    }
    onReady();
  }

  /** A redelivered message brings the later ones of its key again, acknowledged or not: Google's ordering rule. */
  function replay(entry: Entry): void {
    if (entry.state !== "leased" && entry.state !== "acked") return;
    leases.release(entry);
    const hadLeft = entry.state === "acked";
    entry.state = "ready";
    if (hadLeft) pending.comeBack(entry);
  }

  function holdBack(entry: Entry, ms: number): void {
    const untilMs = clock.now() + ms;
    const timer = clock.at(untilMs, () => {
      delete entry.wait;
      entry.state = "ready";
      if (entry.lane) open.add(entry.lane);
      else again.add(entry);
      onReady();
    });
    entry.state = "waiting";
    entry.wait = { untilMs, timer };
  }

  function dropExpired(): void {
    const { messageRetentionDuration } = settings();
    const bornBeforeMs =
      clock.now() - (messageRetentionDuration ? fromWireTime(messageRetentionDuration) : 0);
    for (const entry of pending) {
      if (entry.message.publishMs > bornBeforeMs) break;
      if (entry.state !== "leased") remove(entry, "gone");
    }
    for (const { messageId, publishMs } of retained.values()) {
      if (publishMs > bornBeforeMs) break;
      retained.delete(messageId);
      holds.end(messageId);
    }
  }

  function seek(timeMs: number): void {
    dropExpired();
    const { retainAckedMessages } = settings();
    const acked = ackedInLanes();
    const unacked = [...pending].map(({ message }) => message);
    const sought = [...retained.values(), ...unacked, ...(retainAckedMessages ? acked : [])].sort(byId);
    forget();
    together(() => {
      if (!retainAckedMessages) for (const { messageId } of acked) holds.end(messageId);
      for (const message of sought) {
        if (message.publishMs < timeMs) retire(message);
        else {
          holds.keepUnacked(message.messageId, 0);
          enter(message, 0);
        }
      }
    });
    onReady();
  }

  /** What is acknowledged and would be replayed with an earlier message of its key. */
  function ackedInLanes(): StoredMessage[] {
    const entries = [...lanes.values()].flatMap(lane => lane.entries);
    return entries.filter(({ state }) => state === "acked").map(({ message }) => message);
  }

  function forget(): void {
    for (const entry of pending) {
      leases.release(entry);
      entry.wait?.timer.cancel();
    }
    pending.clear();
    lanes.clear();
    open.clear();
    again.clear();
    retained.clear();
  }

  holds.restored().forEach(restore);
  return {
    add(message) {
      holds.add(message);
      enter(message, 0);
    },
    take,
    ack,
    nack,
    extend: leases.extend,
    seek,
    status() {
      dropExpired();
      let waitingUntilMs = Number.POSITIVE_INFINITY;
      for (const { wait } of pending)
        if (wait && wait.untilMs < waitingUntilMs) waitingUntilMs = wait.untilMs;
      return {
        undelivered: pending.count(),
        inFlight: leases.count(),
        ...(Number.isFinite(waitingUntilMs) && { waitingUntilMs }),
      };
    },
    close: forget,
    delete() {
      const ids = [
        ...retained.keys(),
        ...[...pending].map(({ message }) => message.messageId),
        ...ackedInLanes().map(({ messageId }) => messageId),
      ];
      forget();
      for (const id of ids) holds.end(id);
    },
  };
}

function byId(a: StoredMessage, b: StoredMessage): number {
  return Number(a.messageId) - Number(b.messageId);
}
