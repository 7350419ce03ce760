import type * as v from "valibot";
import { commerceEvents } from "./commerce.ts";
import type { EnvelopeId, EnvelopeNeeds, EventDefinition, Topic } from "./define.ts";
import { systemEvents } from "./system.ts";
import { userActions } from "./user-actions.ts";

const definitions = [...userActions, ...commerceEvents, ...systemEvents] as const;

type Definitions = { [D in (typeof definitions)[number] as D["type"]]: D };

export type EventType = keyof Definitions;

/** The payload of a type as it is after validation: ids are strings, times are ISO 8601 in UTC. */
export type PayloadOf<T extends EventType> = v.InferOutput<Definitions[T]["schema"]>;

/** The ids that every event of a type has. */
export type IdsOf<T extends EventType> = Readonly<Record<RequiredIds<Definitions[T]["envelope"]>, string>>;

type RequiredIds<Needs extends EnvelopeNeeds> = {
  [Id in EnvelopeId]: Needs extends Record<Id, "required"> ? Id : never;
}[EnvelopeId];

/** An event before the pipeline has filled in its own fields: what a producer reports or an owner announces. */
export type FactOf<T extends EventType = EventType> = {
  [K in T]: Fact<K> & IdsOf<K>;
}[T];

interface Fact<T extends EventType> {
  readonly event_type: T;
  readonly event_id?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly user_id?: string | undefined;
  readonly session_id?: string | undefined;
  readonly order_id?: string | undefined;
  readonly payload: PayloadOf<T>;
  readonly schema_version?: number | undefined;
  readonly producer?: string | undefined;
  readonly received_at?: string | undefined;
  readonly correlation_id?: string | undefined;
  readonly causation_id?: string | undefined;
  readonly traceparent?: string | undefined;
}

/** Every type of event there is, by its canonical name. */
export const catalogue: ReadonlyMap<EventType, EventDefinition> = new Map<EventType, EventDefinition>(
  definitions.map(definition => [definition.type, definition]),
);

const byAnyName: ReadonlyMap<string, EventDefinition> = new Map(
  definitions.flatMap((definition: EventDefinition) =>
    [definition.type, ...definition.aliases].map(name => [name, definition] as const),
  ),
);

/** The definition of a type, by its name or an alias; undefined for any other string, whatever it is. */
export function findDefinition(name: string): EventDefinition | undefined {
  return byAnyName.get(name);
}

/** The definition of a type that is known to exist. */
export function definitionOf(type: EventType): EventDefinition {
  const definition = catalogue.get(type);
  if (!definition)
    throw new Error(`${type} is not in the catalogue: look an outside name up with findDefinition`);
  return definition;
}

/** The topics of all types, each once. */
export const topics: readonly Topic[] = [...new Set(definitions.map(definition => definition.topic))];
