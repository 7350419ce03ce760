import type { Lane } from "../../../shared/pipeline/records/lane.ts";
import type { LedgerState } from "../../../shared/pipeline/records/ledger-state.ts";
import { jsonOf } from "./state-key.ts";

/**
 * What a model is asked: how many events there are, what may happen to them, and which guards are taken away to
 * see whether the search finds what they are there for.
 */
export interface Setting {
  name: string;
  /** The key of each event, in the order they are published. */
  keys: readonly number[];
  /** A reaction whose events of one key run one after the other. */
  ordered: boolean;
  /**
   * What keeps the work from being done twice: the entry alone; the document the work creates, which stands for
   * the entry; or both, where two events may ask for the same work.
   */
  mark: "entry" | "own mark" | "business key";
  followUps: number;
  /** How many handlers run at one time. */
  handlers: number;
  /** Failures until an event is parked. The real ladder is longer and not different. */
  tries: number;
  /**
   * Whether drains are told apart by their names, where a used one is swallowed. Without, all drains of a lane are
   * one task, which saves nine in ten states; that it runs twice at a time is `be called twice`.
   */
  namesDrains?: true;
  /** How many a drain runs before it posts another one for the rest. */
  drained: number;
  /** How often a person releases a parked event. */
  releases: number;
  /** The body of these events may throw. */
  failing: readonly number[];
  /** Pub/Sub may give these messages up. */
  deadLetters: readonly number[];
  /** What else may happen. */
  may: readonly May[];
  /** Guards that are not there. */
  without: readonly Guard[];
}

export type May =
  | "throw poison"
  | "skip"
  | "come twice"
  | "be called twice"
  | "drop"
  | "expire"
  /** No task arrives that was posted by anybody but the sweep and a person. */
  | "lose tasks"
  /** Nothing goes wrong but the work itself: nobody dies, nothing is lost, nothing comes twice. */
  | "only fail";

export type Guard =
  | "a failure changes only what it started from"
  | "only what is pending is relayed and becomes done"
  | "n only grows"
  | "the sweep drains lanes"
  | "the sweep relays"
  | "the sweep releases"
  | "a drain is named by who left"
  | "a release checks the head"
  | "a lane is in the order of publishing"
  | "a deferred event opens its lane"
  | "a dropped event leaves its lane"
  | "only what waits for a person is dropped"
  | "an entry is created, not set"
  | "what exists is read before it is believed"
  | "an entry outlives its copies"
  | "acknowledged only when recorded";

export interface World {
  events: readonly EventPart[];
  /** By key; null where nobody waits. */
  lanes: readonly (Lane | null)[];
  /** The names of the drains in the queue of tasks. */
  drains: readonly string[];
  /** Names of drains that were used: a task of such a name is swallowed. */
  usedNames: readonly string[];
  handlers: readonly Handler[];
  releasesLeft: number;
}

export interface EventPart {
  /** live: to be delivered; dead: given up by Pub/Sub and in the dead-letter topic; gone: no copy comes any more. */
  message: "live" | "dead" | "acked" | "gone";
  entry: Entry | null;
  /** The document its work creates, where that is a mark. */
  marked: boolean;
  /** How often its work was committed. */
  applied: number;
  /** How many of its follow-ups went out at least once. */
  sent: number;
  /** The fences of its releases in the queue of tasks. */
  releases: readonly number[];
}

export interface Entry {
  state: LedgerState;
  n: number;
  step: number;
  /** Whether it carries a place in a lane. */
  hasLane: boolean;
}

/** One process at work on one message, task or order of a person. */
export interface Handler {
  does: "delivery" | "dead letter" | "release" | "drain" | "relay by the sweep";
  /** The event it works on; -1 for a drain that has run none yet. */
  of: number;
  /** What a release or a drain is fenced by. */
  n: number;
  /** The steps before it, the next one first. */
  todo: readonly Point[];
  /** What it wakes at `post the drain`: the event that left its lane and its n name the task. */
  wakes?: Wakes | undefined;
  /** What its body threw, until that is recorded. */
  error?: "error" | "poison" | undefined;
  /** The fence of the release it posts. */
  due?: number | undefined;
  /** A drain: its task's name, its lane, and how many more it may run. */
  task?: string;
  lane?: number;
  rounds?: number;
}

export interface Wakes {
  left: number;
  n: number;
}

/** The points a process can die before. */
export type Point =
  | "look for the head"
  | "perform"
  | "read what exists"
  | "perform as taken"
  | "record the failure"
  | "post the release"
  | "send a follow-up"
  | "mark done"
  | "post the drain"
  | "go on"
  | "finish";

export const ledgerIdOf = (event: number): string => `e${event + 1}`;
/** The name of a drain's task: the lane, and what else it is named by. */
export const drainName = (lane: number, why: string): string => `lane ${lane + 1}: ${why}`;
export const laneOfDrain = (name: string): number => Number.parseInt(name.slice("lane ".length), 10) - 1;

export const eventOf = (ledgerId: string): number => Number(ledgerId.slice(1)) - 1;

export function firstWorld({ keys, releases }: Setting): World {
  return {
    events: keys.map(() => ({
      message: "live",
      entry: null,
      marked: false,
      applied: 0,
      sent: 0,
      releases: [],
    })),
    lanes: [...new Set(keys)].map(() => null),
    drains: [],
    usedNames: [],
    handlers: [],
    releasesLeft: releases,
  };
}

/** The world with one event changed. */
export function withEvent(world: World, event: number, change: Partial<EventPart>): World {
  const part = partOf(world, event);
  return { ...world, events: world.events.with(event, { ...part, ...change }) };
}

export function partOf(world: World, event: number): EventPart {
  const part = world.events[event];
  if (!part) throw new Error(`There is no event ${event}`);
  return part;
}

/** Handlers have no names: two worlds that differ in their order only are one. */
export function withHandlers(world: World, handlers: readonly Handler[]): World {
  if (handlers.length < 2) return { ...world, handlers };
  return { ...world, handlers: handlers.toSorted((a, b) => (jsonOf(a) < jsonOf(b) ? -1 : 1)) };
}
