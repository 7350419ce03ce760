import type { Timestamp } from "../../google/firestore.ts";
import type { LaneTicket } from "./lane.ts";
import type { LedgerState } from "./ledger-state.ts";

/**
 * One document per (reaction, event), per command and per timer: its idempotency record (inbox) and its transactional
 * outbox in one. The document is written in the same commit as the state that the work changes.
 *
 * `ledger-state.ts` holds the states and their moves. Every change is a transaction that reads the entry first. A
 * failure changes an entry only from the exact state that its own attempt started from.
 */
export interface LedgerEntry {
  state: LedgerState;
  /** The reaction, command or timer that owns the work. */
  by: string;
  cause: Cause;
  /** Number of failures. Never decreases, and fences releases. */
  n: number;
  /** Index into the retry delays. An entry beyond the last one is parked by its next failure. */
  step: number;
  /** Reason of a skip, deferral, parking or drop. */
  reason?: string;
  /** The event as JSON, kept while the entry is not final. */
  event?: string;
  /** The lane of the event. Absent for unordered reactions. */
  lane?: LaneTicket;
  /** Unsent follow-ups: the outbox. Absent when all are sent. */
  follow_ups?: FollowUp[];
  /** The answer of a command as JSON: a repeated request gets the same answer. */
  answer?: string;
  /** The thing that the entry's events are about: older entries of the same thing are relayed first. */
  aggregate?: string;
  /** Time from which the sweep takes over, in milliseconds. Absent when nothing is left to do. */
  due_at_ms?: number;
  created_at_ms: number;
  changed_at_ms: number;
  expires_at?: Timestamp;
  /** Day, reaction and type in one text: the day close counts entries by it before it reads single ones. */
  counted_as?: string;
  /** Ids of the announced events. They outlive the follow-ups. */
  announced?: string[];
  announced_count?: number;
  /** UTC day and producer of the announced events. */
  announced_on?: string;
}

/** The event, request or task that started a unit of work. */
export interface Cause {
  /** Scope of the id: an event's producer, or the name of a command or timer. */
  producer: string;
  id: string;
  event_type: string;
  subject: string;
  fingerprint: string;
  correlation_id: string;
  traceparent?: string;
  /** UTC day on which PulseCart received the event. Absent for commands and timers. */
  day?: string;
}

/** An outbox message: sent after the commit of its unit of work. Plain data, because the ledger entry stores it. */
export type FollowUp = EventFollowUp | TimerFollowUp | EffectFollowUp;

/** Starts an effect. The effect record itself is a document of its own, committed with the entry. */
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
  /** Body of the timer's task as JSON. */
  call: string;
}
