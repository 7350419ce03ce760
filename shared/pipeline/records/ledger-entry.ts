import type { Timestamp } from "../../google/firestore.ts";
import type { LaneTicket } from "./lane.ts";
import type { LedgerState } from "./ledger-state.ts";

/**
 * One document per (reaction, event), per command and per timer: the mark that it was done, how it ended, and
 * what is still to be sent. It is written in the same commit as the state it speaks of. Which state may follow
 * which is in `ledger-state.ts`. Every change is a transaction that reads the entry first; a failure may change
 * it only from the exact state its own attempt started from. `n` counts failures, only grows, and fences releases.
 */
export interface LedgerEntry {
  state: LedgerState;
  /** The reaction, command or timer whose work this is. */
  by: string;
  cause: Cause;
  n: number;
  /** Position on the ladder of waiting times; unlike `n` a person's release may start it again. */
  step: number;
  /** Why it was skipped, deferred, parked or dropped. */
  reason?: string;
  /** The event as JSON, kept while the entry is not final. */
  event?: string;
  /** The lane it waits in, or would. */
  lane?: LaneTicket;
  follow_ups?: FollowUp[];
  /** What a command is answered with, so that a repeated request gets the same answer. */
  answer?: string;
  /** What the entry's events are about, for relaying older entries of the same thing first. */
  aggregate?: string;
  /** When the sweep takes over what its own worker should have moved by then. */
  due_at_ms?: number;
  created_at_ms: number;
  changed_at_ms: number;
  expires_at?: Timestamp;
  /** Whose, of which day and type: what the night counts before it looks at single entries. */
  counted_as?: string;
  /** The ids of the events it announced, how many, and on which UTC day as whom: they outlive the follow-ups. */
  announced?: string[];
  announced_count?: number;
  announced_on?: string;
}

/** What a unit of work is the consequence of. */
export interface Cause {
  /** Whoever vouches for the id: an event's producer, a command's or timer's own name. */
  producer: string;
  id: string;
  event_type: string;
  subject: string;
  fingerprint: string;
  correlation_id: string;
  traceparent?: string;
  /** Of an event: the UTC day PulseCart heard of it. */
  day?: string;
}

/** What a unit of work leaves to be sent after its commit. Plain data: it is stored in the ledger entry. */
export type FollowUp = EventFollowUp | TimerFollowUp | EffectFollowUp;

/** The effect itself is a document of its own, committed with the entry: this only sets it off. */
export interface EffectFollowUp {
  kind: "effect";
  effect: string;
  effect_id: string;
  due_at_ms: number;
}

export interface EventFollowUp {
  kind: "event";
  event_id: string;
  /** The whole event as JSON. */
  event: string;
  fingerprint: string;
}

export interface TimerFollowUp {
  kind: "timer";
  timer: string;
  key: string;
  due_at_ms: number;
  /** The body of the timer's task as JSON. */
  call: string;
}
