import type { EventType } from "../events/catalogue.ts";

/** What a deployed function says about itself; subscriptions, queues, jobs and routes are derived from it. */
export type Declaration =
  | { kind: "http"; name: string; prefixes: readonly string[] }
  | { kind: "reaction"; name: string; types: readonly EventType[] }
  | { kind: "timer"; name: string }
  | { kind: "schedule"; name: string; cron: string };

/** Every file under `functions` exports exactly one of these. */
export interface Declared {
  declaration: Declaration;
}
