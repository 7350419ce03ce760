import type { Lane } from "../../../shared/pipeline/records/lane.ts";
import type { LedgerState } from "../../../shared/pipeline/records/ledger-state.ts";
import type { Setting } from "./setting.ts";
import { jsonOf } from "./state-key.ts";

/** One state of a ledger model: the stored documents, the queued tasks and the running handlers. */
export interface World {
  events: readonly EventPart[];
  /** The lane of each key; null for an empty lane. */
  lanes: readonly (Lane | null)[];
  /** Task names of the drains in the queue. */
  drainTasks: readonly string[];
  /** Task names of earlier drains: Cloud Tasks rejects a task of such a name. */
  usedNames: readonly string[];
  handlers: readonly Handler[];
  releasesLeft: number;
}

export interface EventPart {
  /**
   * The state of its message.
   * - `live`: Pub/Sub still delivers.
   * - `dead`: in the dead-letter topic.
   * - `acked`: acknowledged.
   * - `gone`: no copy arrives any more.
   */
  message: "live" | "dead" | "acked" | "gone";
  entry: Entry | null;
  /** True: the document that its work creates exists. */
  hasDocument: boolean;
  /** Commits of its work. */
  commits: number;
  /** Follow-ups that were sent at least once. */
  sent: number;
  /** True: the event was parked before, so only an operator retries it. */
  wasParked: boolean;
  /** The n of each of its releases in the task queue. */
  releases: readonly number[];
}

export interface Entry {
  state: LedgerState;
  n: number;
  step: number;
  /** True: the entry holds a lane ticket. */
  hasLane: boolean;
}

/** One process that works on one message, task or operator request. */
export interface Handler {
  does: "delivery" | "dead letter" | "release" | "drain" | "relay by the sweep";
  /** The event it processes; -1 for a drain that has run none yet. */
  event: number;
  /** The fence of a release or a drain: the entry's n when its task was posted. */
  n: number;
  /** The steps ahead, the next one first. */
  todo: readonly Point[];
  /** The drain to send at `post the drain`. */
  drain?: Drain;
  /** The error its body threw, until the failure is recorded. */
  error?: "error" | "permanent error";
  /** The n of the release to send at `post the release`. */
  due?: number;
  /** The task name of a drain. */
  task?: string;
  /** The lane of a drain. */
  lane?: number;
  /** The number of events that a drain may still run. */
  rounds?: number;
}

/** The event that left a lane and its n. Both name the task that drains the lane. */
export interface Drain {
  left: number;
  n: number;
}

/** The points of a handler. A process may crash before each. */
export type Point =
  | "read the lane's head"
  | "commit"
  | "read the existing entry"
  | "commit a duplicate"
  | "record the failure"
  | "post the release"
  | "send a follow-up"
  | "mark done"
  | "post the drain"
  | "continue the drain"
  | "finish";

export const ledgerIdOf = (event: number): string => `e${event + 1}`;
export const eventOf = (ledgerId: string): number => Number(ledgerId.slice(1)) - 1;

/** Returns the task name of a drain: its lane, and the second part of the name. */
export const drainName = (lane: number, suffix: string): string => `lane ${lane + 1}: ${suffix}`;
export const laneOfDrain = (name: string): number => Number.parseInt(name.slice("lane ".length), 10) - 1;

/** Returns the initial state: all events published, nothing delivered. */
export function initialWorld({ keys, releases }: Setting): World {
  return {
    events: keys.map(() => ({
      message: "live",
      entry: null,
      hasDocument: false,
      commits: 0,
      sent: 0,
      wasParked: false,
      releases: [],
    })),
    lanes: [...new Set(keys)].map(() => null),
    drainTasks: [],
    usedNames: [],
    handlers: [],
    releasesLeft: releases,
  };
}

/** Returns the world with one event changed. */
export function withEvent(world: World, event: number, change: Partial<EventPart>): World {
  const part = partOf(world, event);
  return { ...world, events: world.events.with(event, { ...part, ...change }) };
}

/** @throws Error when the world holds no such event */
export function partOf(world: World, event: number): EventPart {
  const part = world.events[event];
  if (!part) throw new Error(`Event unknown: expected 0 to ${world.events.length - 1}, got ${event}`);
  return part;
}

/** Returns the world with other handlers. Handlers are sorted, so worlds that differ in their order are one. */
export function withHandlers(world: World, handlers: readonly Handler[]): World {
  if (handlers.length < 2) return { ...world, handlers };
  return { ...world, handlers: handlers.toSorted((a, b) => (jsonOf(a) < jsonOf(b) ? -1 : 1)) };
}
