import type * as v from "valibot";
import { commerceEvents } from "./commerce.ts";
import type { EnvelopeId, EnvelopeNeeds, EventDefinition, Topic } from "./define.ts";
import { systemEvents } from "./system.ts";
import { userActions } from "./user-actions.ts";

const definitions = [...userActions, ...commerceEvents, ...systemEvents] as const;

type Definitions = { [D in (typeof definitions)[number] as D["type"]]: D };

export type EventType = keyof Definitions;

/** The payload of a type after validation: ids are strings, times are ISO 8601 in UTC. */
export type PayloadOf<T extends EventType> = v.InferOutput<Definitions[T]["schema"]>;

/** The envelope ids that every event of a type has. */
export type IdsOf<T extends EventType> = Readonly<Record<RequiredIds<Definitions[T]["envelope"]>, string>>;

type RequiredIds<Needs extends EnvelopeNeeds> = {
  [Id in EnvelopeId]: Needs extends Record<Id, "required"> ? Id : never;
}[EnvelopeId];

/** An event before the pipeline has filled in its own fields: the report of a producer or an owner's announcement. */
export type FactOf<T extends EventType = EventType> = {
  [K in T]: Fact<K> & IdsOf<K>;
}[T];

interface Fact<T extends EventType> {
  readonly event_type: T;
  readonly event_id?: string;
  readonly timestamp?: string;
  readonly user_id?: string;
  readonly session_id?: string;
  readonly order_id?: string;
  readonly payload: PayloadOf<T>;
  readonly schema_version?: number;
  readonly producer?: string;
  readonly received_at?: string;
  readonly correlation_id?: string;
  readonly causation_id?: string;
  readonly traceparent?: string;
}

/** Every event type, by its canonical name. */
export const catalogue: ReadonlyMap<EventType, EventDefinition> = new Map<EventType, EventDefinition>(
  definitions.map(definition => [definition.type, definition]),
);

const byAnyName: ReadonlyMap<string, EventDefinition> = new Map(
  definitions.flatMap((definition: EventDefinition) =>
    [definition.type, ...definition.aliases].map(name => [name, definition] as const),
  ),
);

/**
 * Finds the definition of a type by its name or an alias.
 * @returns undefined for any other string
 */
export function findDefinition(name: string): EventDefinition | undefined {
  return byAnyName.get(name);
}

/** Returns the definition of a type that the catalogue holds. */
export function definitionOf(type: EventType): EventDefinition {
  const definition = catalogue.get(type);
  if (!definition) {
    throw new Error(`event type ${type} is unknown: expected a type of the catalogue; use findDefinition`);
  }
  return definition;
}

/** The topics of all types, each one once. */
export const topics: readonly Topic[] = [...new Set(definitions.map(definition => definition.topic))];
