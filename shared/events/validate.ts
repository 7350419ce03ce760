import * as v from "valibot";
import type { EventType, FactOf } from "./catalogue.ts";
import { catalogue } from "./catalogue.ts";
import type { EnvelopeId, EventDefinition } from "./define.ts";
import { fields, id, isId, timestamp } from "./define.ts";
import { isTraceparent } from "./envelope.ts";
import type { FaultList, JsonObject, ValidationFault } from "./fault.ts";
import { describeKind, describeValue, faultList, isJsonObject, pointerTo } from "./fault.ts";
import { checkBody } from "./json-body.ts";
import { isTimestamp } from "./timestamp.ts";
import type { Upcast } from "./upcast.ts";
import { upcast } from "./upcast.ts";

/** An event in its canonical shape: ids are strings, times are UTC, the payload has the catalogue's version. */
export type ValidEvent<T extends EventType = EventType> = FactOf<T>;

/** Why a body is not an event. */
export interface Invalid {
  readonly ok: false;
  /** `no_type`: not an object, or without a type. `unknown_type`: not in the catalogue. */
  readonly kind: "no_type" | "unknown_type" | "faults";
  readonly faults: readonly ValidationFault[];
}

export type Validation = { readonly ok: true; readonly event: ValidEvent } | Invalid;

/**
 * Checks a parsed JSON body and brings it into its canonical shape. Never throws and never changes what it is
 * given. All faults are listed (the first fifty one by one), each with a pointer into what was sent; values of
 * personal data are not repeated. How far a timestamp lies ahead is not looked at: that takes a clock.
 */
export function validate(raw: unknown): Validation {
  const faults = faultList();
  if (!isJsonObject(raw)) {
    faults.add({
      pointer: "",
      expected: "a JSON object",
      received: describeKind(raw),
    });
    return { ok: false, kind: "no_type", faults: faults.list() };
  }
  const wasReadWhole = checkBody(raw, faults);
  const shaped = upcast(raw);
  shaped.faults.forEach(faults.add);
  if (shaped.kind !== "known") return { ok: false, kind: shaped.kind, faults: faults.list() };
  const event = wasReadWhole ? checkShape(shaped, faults) : undefined;
  const listed = faults.list();
  return event && listed.length === 0 ? { ok: true, event } : { ok: false, kind: "faults", faults: listed };
}

type Known = Extract<Upcast, { kind: "known" }>;

function checkShape({ definition, event, sentAt }: Known, faults: FaultList): ValidEvent | undefined {
  const schema = schemas.get(definition.type);
  if (!schema) throw new Error(`${definition.type} has no schema: it is not in the catalogue`);
  const checked = v.safeParse(schema, event, { abortPipeEarly: true });
  for (const issue of checked.issues ?? []) {
    const canonical = pointerTo(...(issue.path ?? []).map(item => item.key as string | number));
    const describe = isPersonal(definition, canonical) ? describeKind : describeValue;
    faults.add({
      pointer: sentAt(canonical),
      expected: issue.message,
      received: describe(issue.input),
    });
  }
  // The schema is the definition's own, so what passes it is the fact that the type's name stands for.
  return checked.success ? (withoutInvalidMarks(checked.output) as unknown as ValidEvent) : undefined;
}

/** Whether a pointer meets personal data: it is it, lies inside it, or holds it. */
function isPersonal(definition: EventDefinition, pointer: string): boolean {
  return definition.personal.some(
    personal =>
      personal === pointer || personal.startsWith(`${pointer}/`) || pointer.startsWith(`${personal}/`),
  );
}

const schemas = new Map(
  [...catalogue.values()].map(definition => [definition.type, eventSchema(definition)]),
);

function eventSchema(definition: EventDefinition) {
  const needed = (name: EnvelopeId) => (definition.envelope[name] === "required" ? id : v.optional(id));
  return fields({
    event_id: v.optional(id),
    timestamp: v.optional(timestamp),
    user_id: needed("user_id"),
    session_id: needed("session_id"),
    order_id: needed("order_id"),
    payload: v.pipe(v.custom<JsonObject>(isJsonObject, "an object"), definition.schema),
  });
}

// What the pipeline writes itself and enriches anew: not worth refusing an event for, so what is no use is left out.
const MARKS: Readonly<Record<string, (value: unknown) => boolean>> = {
  producer: isId,
  received_at: isTimestamp,
  correlation_id: isId,
  causation_id: isId,
  traceparent: isTraceparent,
};

function withoutInvalidMarks(event: JsonObject): JsonObject {
  const usable = ([name, value]: [string, unknown]): boolean => MARKS[name]?.(value) ?? value !== undefined;
  return Object.fromEntries(Object.entries(event).filter(usable));
}
