/** The size of one ledger model, the failures that may happen in it, and the guards that it lacks. */
export interface Setting {
  name: string;
  /** The key of each event, in publish order. */
  keys: readonly number[];
  /** True: the reaction is ordered, so events of one key run one after the other. */
  ordered: boolean;
  /**
   * The document that keeps the work from being committed twice.
   * - `entry`: the ledger entry alone.
   * - `dedupe document`: a document that the work creates; the document replaces the entry.
   * - `business key`: the entry, and a document that two events with the same work would both create.
   */
  dedupe: "entry" | "dedupe document" | "business key";
  /** Follow-ups of each unit of work. */
  followUps: number;
  /** Max handlers at one time. */
  handlers: number;
  /** Failures until an event is parked. The real retry ladder has more steps of the same kind. */
  tries: number;
  /**
   * True: each drain has its own task name, and Cloud Tasks rejects a used name.
   * Absent: all drains of a lane are one task, which saves 90 % of the states. Two runs of that task at one time are
   * `duplicate a task call`.
   */
  namesDrains?: true;
  /** Events that a drain runs before it posts another drain for the rest. */
  eventsPerDrain: number;
  /** Releases of parked events by an operator. */
  releases: number;
  /** Events whose handler may throw. */
  failing: readonly number[];
  /** Events whose message Pub/Sub may move to the dead-letter topic. */
  deadLetters: readonly number[];
  /** Other failures and acts that may happen. */
  may: readonly May[];
  /** Guards that this model lacks. */
  without: readonly Guard[];
}

export type May =
  | "throw a permanent error"
  | "skip"
  | "duplicate a message"
  | "duplicate a task call"
  | "drop"
  | "expire"
  /** Every task is lost, except those of the sweep and of an operator. */
  | "lose tasks"
  /** Only the handler fails: no crash, no lost answer, no duplicate. */
  | "only fail";

export type Guard =
  | "a failure changes only the state its attempt started from"
  | "only a pending entry is relayed and becomes done"
  | "n only grows"
  | "the sweep drains lanes"
  | "the sweep relays"
  | "the sweep releases"
  | "a drain is named by the event that left"
  | "a release runs only the head of its lane"
  | "a lane is in publish order"
  | "a deferred event opens its lane"
  | "a released event that fails is parked again"
  | "a dropped event leaves its lane"
  | "only a parked or queued entry is dropped"
  | "an entry is created, not set"
  | "an existing entry is read after ALREADY_EXISTS"
  | "an entry outlives the copies of its message"
  | "a message is acknowledged only when recorded";

/** Tells whether the model lacks a guard. */
export function isOff({ without }: Setting, guard: Guard): boolean {
  return without.includes(guard);
}
