import { definitionOf } from "./catalogue.ts";
import type { SchemaPart } from "./define.ts";
import type { JsonObject } from "./json-object.ts";
import { fieldsOf, isJsonObject, valueAt } from "./json-object.ts";
import { validate } from "./validate.ts";

/**
 * Replacement of a required personal e-mail address. The event stays valid, so a later replay of the archive counts it
 * as before. No such domain can exist (RFC 2606).
 */
export const ERASED_EMAIL = "erased@erased.invalid";
/** Replacement of a required personal text. */
export const ERASED_TEXT = "[erased]";

/**
 * Erases personal data from an event. The catalogue names the personal fields. Payload fields that no schema names go
 * as well, because their content is unknown. An erased event stays as it is.
 * @returns undefined when the object is no event
 */
export function withoutPersonalData(event: JsonObject): JsonObject | undefined {
  const checked = validate(event);
  if (!checked.ok) return undefined;
  const { type, version, schema, personal } = definitionOf(checked.event.event_type);
  // The catalogue names the personal fields of the current version, so an older event is upcast first.
  const isCurrent = event["event_type"] === type && event["schema_version"] === version;
  const current: JsonObject = isCurrent ? event : { ...checked.event };
  const declared = { ...current, payload: declaredOnly(schema, current["payload"]) };
  return personal.reduce<JsonObject>(eraseField, declared);
}

/** Tells whether an event holds data that an erasure would remove. */
export function holdsPersonalData(event: {
  event_type: Parameters<typeof definitionOf>[0];
  payload: unknown;
}): boolean {
  const { schema, personal } = definitionOf(event.event_type);
  if (personal.some(pointer => valueAt(event, fieldsOf(pointer)) !== undefined)) return true;
  return JSON.stringify(declaredOnly(schema, event.payload)) !== JSON.stringify(event.payload);
}

/** Leaves a personal field out, or replaces its value where the type requires the field. */
function eraseField(event: JsonObject, pointer: string): JsonObject {
  const path = fieldsOf(pointer);
  if (valueAt(event, path) === undefined) return event;
  const without = withValue(event, path, undefined);
  const replaced = [ERASED_TEXT, ERASED_EMAIL].map(text => withValue(event, path, text));
  return [without, ...replaced].find(candidate => validate(candidate).ok) ?? without;
}

/** Copies a value with only the fields that its schema names, at every depth and in their order. */
function declaredOnly(schema: SchemaPart, value: unknown): unknown {
  if (schema.wrapped) return declaredOnly(schema.wrapped, value);
  // The last description in a pipe is the most exact one.
  const part = schema.pipe?.findLast(step => step.entries ?? step.item) ?? schema;
  const { entries, item } = part;
  if (item && Array.isArray(value)) return value.map(one => declaredOnly(item, one));
  if (!entries || !isJsonObject(value)) return value;
  const named = Object.entries(value).filter(([name]) => Object.hasOwn(entries, name));
  return Object.fromEntries(named.map(([name, one]) => [name, declaredOnly(entries[name] ?? {}, one)]));
}

function withValue(
  value: JsonObject,
  [name = "", ...rest]: readonly string[],
  to: string | undefined,
): JsonObject {
  const below = value[name];
  if (rest.length > 0) return isJsonObject(below) ? { ...value, [name]: withValue(below, rest, to) } : value;
  const { [name]: _removed, ...others } = value;
  return to === undefined ? others : { ...value, [name]: to };
}
