import type { CloudEvent } from "@google-cloud/functions-framework";
import type { EventType } from "../events/catalogue.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import type { Declared } from "./declaration.ts";
import { createCircuitBreaker } from "./process/circuit-breaker.ts";
import { drain } from "./process/drain.ts";
import { react } from "./process/react.ts";
import type { ReactionCore } from "./process/reaction-core.ts";
import { releaseEntry } from "./process/retry-entry.ts";
import { messageFunction } from "./receive/message-function.ts";
import { readMessage } from "./receive/received-event.ts";
import type { Skip } from "./skip.ts";
import type { Work } from "./work.ts";

/** A handler per event type. A handler may run several times; its unit of work counts once. */
export type Handlers = {
  readonly [T in EventType]?: (event: PulseCartEvent<T>, work: Work) => Promise<Skip | void>;
};

export interface ReactionOptions {
  /**
   * Returns the one document that every unit of work creates and that serves as the idempotency record. Absent: the
   * ledger entry is the record.
   */
  dedupeDocument?: NonNullable<ReactionCore["dedupeDocument"]>;
  /** Runs the events of one user one after the other: behind a failed event the others wait. Absent: no order. */
  ordered?: true;
  /**
   * Event types that must not wait: they have a subscription of their own, without the backlog of the other types.
   * No rule may rely on the order between the two subscriptions.
   */
  immediate?: readonly EventType[];
  /**
   * Marks state that can be rebuilt from the archive. Its documents belong to a generation: read them with `readLive`.
   * Its units of work must not emit events, arm timers or plan effects.
   */
  projection?: true;
  /** Takes facts of every owner, for a record of what was said. Absent: a fact about another owner's thing is skipped. */
  takesForeignFacts?: true;
}

/**
 * Declares a reaction and registers it as a CloudEvent function of the same name. Pub/Sub or an Eventarc trigger pushes
 * its messages; Cloud Tasks calls it for releases and drains.
 * @example
 * export const crm = reaction("crm", {
 *   "user.signed_up": async (event, work) => {
 *     if (await work.get(contacts, event.user_id)) return skip("the contact exists");
 *     work.create(contacts, event.user_id, contactOf(event));
 *   },
 * });
 * @throws Error for a projection with a dedupe document, and for an immediate type without a handler
 */
export function reaction(
  name: string,
  handlers: Handlers,
  options: ReactionOptions = {},
): ((event: CloudEvent<unknown>) => Promise<void>) & Declared {
  const { immediate, ...coreOptions } = options;
  if (options.projection && options.dedupeDocument)
    throw new Error(`reaction ${name} is invalid: expected no dedupeDocument, because it is a projection`);
  const types = Object.keys(handlers) as EventType[];
  const unhandled = immediate?.find(type => !types.includes(type));
  if (unhandled)
    throw new Error(`reaction ${name} is invalid: expected a handler for its immediate type ${unhandled}`);
  const core: ReactionCore = {
    name,
    handlers: new Map(Object.entries(handlers)) as ReactionCore["handlers"],
    ...coreOptions,
    breaker: createCircuitBreaker(),
  };
  const handle = messageFunction(name, {
    message: message => react(core, readMessage(message)),
    release: (id, n) => releaseEntry(core, id, n),
    drain: id => drain(core, id),
    ...(options.projection && { replay: (message, to) => react(core, readMessage(message), to) }),
  });
  return Object.assign(handle, {
    declaration: {
      kind: "reaction" as const,
      name,
      types,
      ...(immediate && { immediate }),
      ...(options.projection && { projection: true as const }),
    },
  });
}
