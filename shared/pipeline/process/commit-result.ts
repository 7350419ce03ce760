import type { Drain } from "../outbox/post-drain.ts";
import type { FollowUp, LedgerEntry } from "../records/ledger-entry.ts";

/** The result of committing a unit of work. `drain`: another event of the lane can go on. */
export type CommitResult = Committed | SetAside | Existing;

/** This attempt committed; its follow-ups have yet to be sent. */
export interface Committed {
  kind: "committed";
  state: "pending" | "done" | "skipped";
  followUps: FollowUp[];
  /** Reason of a skip. */
  reason?: string;
  /** Answer of a command. */
  answer?: CommandAnswer;
  drain?: Drain;
}

/** The event waits in its lane behind an earlier one, or is parked because the lane is full. */
export interface SetAside {
  kind: "set-aside";
  state: "queued" | "parked";
  reason?: string;
  drain?: Drain;
}

/** Another attempt did the work, or is doing it. `entry` is absent when it was not read, or has expired. */
export interface Existing {
  kind: "existing";
  entry: ExistingEntry | undefined;
  drain?: Drain;
}

export type ExistingEntry = Pick<LedgerEntry, "state" | "cause" | "follow_ups" | "answer" | "aggregate">;

/** Another document that the work would create exists: its business key is in use. Nothing was committed. */
export interface Collision {
  kind: "collision";
}

/** The answer of a command as its ledger entry keeps it. */
export interface CommandAnswer {
  /** The HTTP answer as JSON. */
  answer: string;
  /** The thing that the command's events are about. */
  aggregate: string;
}
