import { definitionOf } from "./catalogue.ts";
import type { JsonObject } from "./fault.ts";
import { isJsonObject } from "./fault.ts";
import { validate } from "./validate.ts";

/**
 * What stands where a type demands a personal field: the event stays valid, so that whoever reads the archive again
 * counts it as before. No such domain can exist (RFC 2606).
 */
export const ERASED_EMAIL = "erased@erased.invalid";
export const ERASED_TEXT = "[erased]";

/**
 * The same event without what it says about a person: the fields the catalogue calls personal, and payload fields
 * that no schema names, because nobody can tell what they say. The same for what was erased before; undefined for
 * what is no event.
 */
export function withoutPersonalData(event: JsonObject): JsonObject | undefined {
  const checked = validate(event);
  if (!checked.ok) return undefined;
  const { type, version, schema, personal } = definitionOf(checked.event.event_type);
  // One of an older version is brought into today's shape first: what is personal is known of that one.
  const isCurrent = event["event_type"] === type && event["schema_version"] === version;
  const current: JsonObject = isCurrent ? event : { ...checked.event };
  const declared = { ...current, payload: declaredOnly(schema, current["payload"]) };
  return personal.reduce<JsonObject>(blot, declared);
}

/** Whether an event says more than facts: without this nothing of it would have to be erased. */
export function holdsPersonalData(event: {
  event_type: Parameters<typeof definitionOf>[0];
  payload: unknown;
}): boolean {
  const { schema, personal } = definitionOf(event.event_type);
  if (personal.some(pointer => valueAt(event, pathOf(pointer)) !== undefined)) return true;
  return JSON.stringify(declaredOnly(schema, event.payload)) !== JSON.stringify(event.payload);
}

/** A personal field is left out; where its type demands it, it says that it was erased. */
function blot(event: JsonObject, pointer: string): JsonObject {
  const path = pathOf(pointer);
  if (valueAt(event, path) === undefined) return event;
  const without = withValue(event, path, undefined);
  const marked = [ERASED_TEXT, ERASED_EMAIL].map(mark => withValue(event, path, mark));
  return [without, ...marked].find(candidate => validate(candidate).ok) ?? without;
}

/** The parts of a schema that hold other schemas. */
interface Shape {
  readonly type?: string;
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly item?: Shape;
  readonly wrapped?: Shape;
  readonly pipe?: readonly Shape[];
}

/** A value with the fields its schema names, at every depth, in their order. */
function declaredOnly(schema: Shape, value: unknown): unknown {
  if (schema.wrapped) return declaredOnly(schema.wrapped, value);
  // Of several descriptions in a pipe the last one is the most exact.
  const shape = schema.pipe?.findLast(step => step.entries ?? step.item) ?? schema;
  const { entries, item } = shape;
  if (item && Array.isArray(value)) return value.map(one => declaredOnly(item, one));
  if (!entries || !isJsonObject(value)) return value;
  const named = Object.entries(value).filter(([name]) => Object.hasOwn(entries, name));
  return Object.fromEntries(named.map(([name, one]) => [name, declaredOnly(entries[name] ?? {}, one)]));
}

function pathOf(pointer: string): string[] {
  return pointer.split("/").slice(1);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => (isJsonObject(at) ? at[name] : undefined), value);
}

function withValue(
  value: JsonObject,
  [name = "", ...rest]: readonly string[],
  to: string | undefined,
): JsonObject {
  const below = value[name];
  if (rest.length > 0) return isJsonObject(below) ? { ...value, [name]: withValue(below, rest, to) } : value;
  const { [name]: _gone, ...others } = value;
  return to === undefined ? others : { ...value, [name]: to };
}
