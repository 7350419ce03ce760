import type { CloudEvent } from "@google-cloud/functions-framework";
import type { EventType } from "../events/catalogue.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import type { Declared } from "./declaration.ts";
import { createCircuitBreaker } from "./process/circuit-breaker.ts";
import { drain } from "./process/drain.ts";
import { react, reactAgain, release } from "./process/react.ts";
import type { ReactionCore } from "./process/reaction-core.ts";
import { messageFunction } from "./receive/message-function.ts";
import type { Skip } from "./skip.ts";
import type { Work } from "./work.ts";

/** Per event type, what is done when it happened. The handler may run several times; its work counts once. */
export type Handlers = {
  readonly [T in EventType]?: (event: PulseCartEvent<T>, work: Work) => Promise<Skip | void>;
};

export interface ReactionOptions {
  /** For a reaction whose every unit of work creates one document that is itself the mark. */
  dedupeDocument?: NonNullable<ReactionCore["dedupeDocument"]>;
  /** For rules that need a user's events one after the other: behind one that failed the others wait. */
  ordered?: true;
  /**
   * The types that somebody is waiting for: they come through a subscription of their own, so that no backlog of
   * the others is before them. Nothing may rely on the order between the two.
   */
  immediate?: readonly EventType[];
  /**
   * For state that can be rebuilt from the archive: its documents belong to a generation (read them with
   * `readLive`), and its units of work may not emit, arm timers or plan effects.
   */
  projection?: true;
}

/**
 * Declares a reaction and registers it as a CloudEvent function of the same name. It is reached by Pub/Sub's own
 * push or by an Eventarc trigger, and by Cloud Tasks for releases and drains.
 */
export function reaction(
  name: string,
  handlers: Handlers,
  options: ReactionOptions = {},
): ((event: CloudEvent<unknown>) => Promise<void>) & Declared {
  const { immediate, ...coreOptions } = options;
  if (options.projection && options.dedupeDocument)
    throw new Error(`${name}: a document that is its own mark cannot have generations`);
  const types = Object.keys(handlers) as EventType[];
  const unhandled = immediate?.find(type => !types.includes(type));
  if (unhandled) throw new Error(`${name}: ${unhandled} is immediate, but nothing handles it`);
  const core: ReactionCore = {
    name,
    handlers: new Map(Object.entries(handlers)) as ReactionCore["handlers"],
    ...coreOptions,
    brake: createCircuitBreaker(),
  };
  const handle = messageFunction(name, {
    message: message => react(core, message),
    release: (id, n) => release(core, id, n),
    drain: id => drain(core, id),
    ...(options.projection && { replay: (message, to) => reactAgain(core, message, to) }),
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
