import type { Behaviour } from "./external-system.ts";
import type { Call, Stage } from "./stage.ts";

/** The disturbances of a message at its point, with their words in the report. */
export const variants = {
  /** The process is killed; another process gets the message again. */
  redelivered: "killed, redelivered",
  /** Another process handles a duplicate. Then the first one is killed and the message is redelivered. */
  overlapped: "overlapped, killed, redelivered",
  /** Another process handles a duplicate. Then the first one continues. */
  resumed: "overlapped, resumed",
  /** The process is killed and the message is never redelivered. */
  lost: "killed, not redelivered",
} as const;

export type Variant = keyof typeof variants;

/** The disturbance of one message, as far as the expected traces depend on it. */
export interface Disturbance {
  /** Undefined: the message was not disturbed. */
  variant: Variant | undefined;
  /** Tells whether a call of the first process, such as "Commit 1", was carried out before the kill. */
  reached(call: string): boolean;
}

/** The traces of one message: all state it may have changed. An absent field stands for no trace. */
export interface Traces {
  /** Changes of the counter. */
  times?: number;
  /** The names of the events in the order of their changes. */
  order?: readonly string[];
  /** Distinct event ids, by event type. */
  published?: Readonly<Record<string, number>>;
  /** Changes by the timer. */
  rings?: number;
  /** The state of the effect, its executions by the external system, and their distinct ids. */
  effect?: { state: string; sendings: number; ids: number };
  /** Every ledger entry as "name state", sorted. */
  ledger?: readonly string[];
}

/** One run of a scenario, with a key and ids of its own. */
export interface Cell {
  scenario: Scenario;
  /** The key of all events and state in this run; no other run uses the same key. */
  key: string;
  /** Returns the id of an event by its name in the scenario. */
  eventId(name: string): string;
}

export interface Scenario {
  name: string;
  functionName: string;
  /** Creates the state that the message finds. */
  prepare?(cell: Cell, stage: Stage): Promise<void>;
  /**
   * A queue that delivers nothing until all points were tried.
   * Its tasks from the preparation are deleted: the scenario calls the function itself.
   */
  holds?: string;
  /** The behaviour of the function from the message on. Afterwards the function works. */
  behaviour?: Behaviour;
  /** True: the unit of work ends some time after the message was acknowledged. */
  takesTime?: true;
  /** True: the sender reads the answer, so all answers must be equal. */
  isAnswered?: true;
  /** Returns the message under test. */
  call(cell: Cell, stage: Stage): Promise<Call>;
  /** Returns the traces that must exist at the end. */
  expected(disturbance: Disturbance): Traces;
}
