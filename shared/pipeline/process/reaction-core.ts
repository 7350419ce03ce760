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
  breaker: CircuitBreaker;
}
