import { findDefinition } from "../../shared/events/catalogue.ts";
import { describeKind } from "../../shared/events/fault.ts";
import type { JsonObject } from "../../shared/events/json-object.ts";
import { isJsonObject } from "../../shared/events/json-object.ts";

/**
 * A kept event for people to look at: what its type declares as personal and what nobody has declared is replaced
 * by the kind of value it is. What cannot be read at all could hold anything, and only its length is told.
 */
export function maskedEvent(json: string): JsonObject {
  const event = parsed(json);
  const definition = isJsonObject(event) && findDefinition(String(event["event_type"]));
  if (!definition) return { unreadable: `${Buffer.byteLength(json)} bytes (not shown)` };
  const declared = "entries" in definition.schema ? Object.keys(Object(definition.schema.entries)) : [];
  const { payload, ...envelope } = event;
  const fields = Object.entries(isJsonObject(payload) ? payload : {}).map(([name, value]) => {
    const isShown = declared.includes(name) && !touchesPersonal(definition.personal, `/payload/${name}`);
    return [name, isShown ? value : describeKind(value)];
  });
  const shown = Object.entries(envelope).filter(([name]) => ENVELOPE.has(name));
  return { ...Object.fromEntries(shown), payload: Object.fromEntries(fields) };
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
