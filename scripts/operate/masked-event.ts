import { findDefinition } from "../../shared/events/catalogue.ts";
import { describeKind } from "../../shared/events/fault.ts";
import type { JsonObject } from "../../shared/events/json-object.ts";
import { isJsonObject } from "../../shared/events/json-object.ts";

/**
 * Masks a stored event for the operator's screen.
 * The kind of a value replaces every personal value and every value that the event's type does not declare.
 * @returns only the length of an event that cannot be read, because it could hold anything
 */
export function maskedEvent(json: string): JsonObject {
  const event = parsed(json);
  const definition = isJsonObject(event) && findDefinition(String(event["event_type"]));
  if (!definition) return { unreadable: `${Buffer.byteLength(json)} bytes (not shown)` };
  const declared = "entries" in definition.schema ? Object.keys(Object(definition.schema.entries)) : [];
  const { payload, ...envelope } = event;
  const fields = Object.entries(isJsonObject(payload) ? payload : {}).map(([name, value]) => {
    const isVisible = declared.includes(name) && !touchesPersonal(definition.personal, `/payload/${name}`);
    return [name, isVisible ? value : describeKind(value)];
  });
  const visible = Object.entries(envelope).filter(([name]) => ENVELOPE.has(name));
  return { ...Object.fromEntries(visible), payload: Object.fromEntries(fields) };
}

const ENVELOPE = new Set(
  (
    "event_type event_id timestamp user_id session_id order_id schema_version producer received_at " +
    "correlation_id causation_id traceparent"
  ).split(" "),
);

function touchesPersonal(personal: readonly string[], pointer: string): boolean {
  return personal.some(place => place === pointer || place.startsWith(`${pointer}/`));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
