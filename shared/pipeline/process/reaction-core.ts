import type { EventType } from "../../events/catalogue.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import type { Skip } from "../skip.ts";
import type { Work } from "../work.ts";
import type { DedupeDocument } from "./attempt.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";

/** What a reaction is made of, without the door it is reached through. */
export interface ReactionCore {
  name: string;
  handlers: ReadonlyMap<EventType, (event: PulseCartEvent, work: Work) => Promise<Skip | void>>;
  dedupeDocument?: (event: PulseCartEvent) => DedupeDocument;
  /** Its events of one key run one after the other: behind one that failed, the others wait. */
  ordered?: boolean;
  /** What it writes can be rebuilt from the archive, and has generations. */
  projection?: boolean;
  brake: CircuitBreaker;
}
