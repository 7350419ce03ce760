import type { EventType } from "../../events/catalogue.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import type { Skip } from "../skip.ts";
import type { Work } from "../work.ts";
import type { DedupeDocument } from "./attempt.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";

/** A reaction without its HTTP server. */
export interface ReactionCore {
  name: string;
  handlers: ReadonlyMap<EventType, (event: PulseCartEvent, work: Work) => Promise<Skip | void>>;
  /** Returns the document that serves as the idempotency record of an event. Absent: the ledger entry. */
  dedupeDocument?: (event: PulseCartEvent) => DedupeDocument;
  /** Runs the events of one key one after the other: behind a failed event the others wait. Absent: no order. */
  ordered?: boolean;
  /** Marks a reaction whose documents are rebuilt from the archive and have generations. */
  projection?: boolean;
  /** Returns a skip when no event may be handled now. Runs in the transaction, before the guard of owners. */
  admit?: (work: Pick<Work, "get">) => Promise<Skip | undefined>;
  /** Takes facts of every owner. Absent: a fact about a thing of another owner is skipped. */
  takesForeignFacts?: boolean;
  breaker: CircuitBreaker;
}
