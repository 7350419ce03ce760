import type { EventType } from "../events/catalogue.ts";

/** What a deployed function says about itself; subscriptions, queues, jobs and routes are derived from it. */
export type Declaration =
  | {
      kind: "http";
      name: string;
      prefixes: readonly string[];
      routes: readonly string[];
      callers?: "everybody";
    }
  | ReactionDeclaration
  | { kind: "consumer"; name: string; shares: readonly TopicShare[] }
  | { kind: "timer"; name: string }
  | { kind: "schedule"; name: string; cron: string };

export interface ReactionDeclaration {
  kind: "reaction";
  name: string;
  types: readonly EventType[];
  /** Those of the types that are not to wait behind the others. */
  immediate?: readonly EventType[];
  projection?: true;
}

/** All of a topic's messages, or those a filter lets through. */
export interface TopicShare {
  topic: string;
  /** In Pub/Sub's filter language; empty: everything. */
  filter: string;
  /** How long messages are kept for it; Pub/Sub's own week where it says nothing. */
  retentionDays?: number;
}

/** Every file under `functions` exports exactly one of these. */
export interface Declared {
  declaration: Declaration;
}
