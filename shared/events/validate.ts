import * as v from "valibot";
import type { EventType, FactOf } from "./catalogue.ts";
import { catalogue } from "./catalogue.ts";
import type { CheckedJson } from "./checked-json.ts";
import { checkJson, MAX_EVENT_VALUES } from "./checked-json.ts";
import type { EnvelopeId, EventDefinition } from "./define.ts";
import { fields, id, isId, timestamp } from "./define.ts";
import { isTraceparent } from "./envelope.ts";
import type { FaultList, ValidationFault } from "./fault.ts";
import { describeKind, describeValue, faultList, pointerTo } from "./fault.ts";
import type { JsonObject } from "./json-object.ts";
import { isJsonObject } from "./json-object.ts";
import { isTimestamp } from "./timestamp.ts";
import type { Upcast } from "./upcast.ts";
import { upcast } from "./upcast.ts";

/** An event in its canonical shape: ids are strings, times are UTC, the payload has the catalogue's version. */
export type ValidEvent<T extends EventType = EventType> = FactOf<T>;

/** The faults of a body that is no event. */
export interface Invalid {
  readonly ok: false;
  /** `no_type`: not an object, or without a type. `unknown_type`: not in the catalogue. */
  readonly kind: "no_type" | "unknown_type" | "faults";
  readonly faults: readonly ValidationFault[];
}

export type Validation = { readonly ok: true; readonly event: ValidEvent } | Invalid;

/**
 * Checks a parsed JSON body and brings it into its canonical shape. The function never throws and never changes the
 * body. A timestamp in the future is no fault: that check takes a clock.
 * @returns the event, or the first fifty faults, each with a pointer into what was sent and without personal data
 */
export function validate(raw: unknown): Validation {
  return validateChecked(checkJson(raw, MAX_EVENT_VALUES));
}

/** Does the same for a body that an HTTP request has already walked. */
export function validateChecked({ value: raw, isEventSized, unfit }: CheckedJson): Validation {
  const faults = faultList();
  if (!isJsonObject(raw)) {
    faults.add({ pointer: "", expected: "a JSON object", received: describeKind(raw) });
    return { ok: false, kind: "no_type", faults: faults.list() };
  }
  unfit.forEach(faults.add);
  if (!isEventSized) faults.add(TOO_MANY_VALUES);
  const shaped = upcast(raw);
  shaped.faults.forEach(faults.add);
  if (shaped.kind !== "known") return { ok: false, kind: shaped.kind, faults: faults.list() };
  // The schema check of a larger body would cost more than its walk did.
  const event = isEventSized ? checkShape(shaped, faults) : undefined;
  const listed = faults.list();
  return event && listed.length === 0 ? { ok: true, event } : { ok: false, kind: "faults", faults: listed };
}

const TOO_MANY_VALUES: ValidationFault = {
  pointer: "",
  expected: `at most ${MAX_EVENT_VALUES} values in one event`,
  received: "more",
};

type Known = Extract<Upcast, { kind: "known" }>;

function checkShape({ definition, event, sentAt }: Known, faults: FaultList): ValidEvent | undefined {
  const schema = schemas.get(definition.type);
  if (!schema) {
    throw new Error(`event type ${definition.type} has no schema: expected a type of the catalogue`);
  }
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
  // The schema is the definition's own, so its output is the fact that the type's name stands for.
  return checked.success
    ? (withoutInvalidPipelineFields(checked.output) as unknown as ValidEvent)
    : undefined;
}

/**
 * Tells whether a pointer touches personal data.
 * @returns true for a personal field, for a place inside one and for an object that holds one
 */
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

/** Fields that the pipeline writes. The pipeline fills them in again, so invalid ones are left out, not refused. */
const PIPELINE_FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  producer: isId,
  received_at: isTimestamp,
  correlation_id: isId,
  causation_id: isId,
  traceparent: isTraceparent,
};

function withoutInvalidPipelineFields(event: JsonObject): JsonObject {
  const isKept = ([name, value]: [string, unknown]): boolean =>
    PIPELINE_FIELDS[name]?.(value) ?? value !== undefined;
  return Object.fromEntries(Object.entries(event).filter(isKept));
}
