import type { EventType } from "../events/catalogue.ts";

/** The declaration of a deployed function. Subscriptions, queues, jobs and routes are derived from it. */
export type Declaration =
  | {
      kind: "http";
      name: string;
      prefixes: readonly string[];
      routes: readonly string[];
      callers?: "public";
    }
  | ReactionDeclaration
  | { kind: "consumer"; name: string; shares: readonly TopicShare[] }
  | { kind: "timer"; name: string }
  | { kind: "effect"; name: string }
  | { kind: "schedule"; name: string; cron: string };

export interface ReactionDeclaration {
  kind: "reaction";
  name: string;
  types: readonly EventType[];
  /** Types with a subscription of their own. Absent: all types share one subscription per topic. */
  immediate?: readonly EventType[];
  projection?: true;
}

/** The messages of a topic that a filter lets through. */
export interface TopicShare {
  topic: string;
  /** Pub/Sub filter; empty: every message. */
  filter: string;
  /** Retention of the messages, in days. Absent: Pub/Sub's default of a week. */
  retentionDays?: number;
}

/** A function with its declaration. Every file under `functions` exports exactly one. */
export interface Declared {
  declaration: Declaration;
}
