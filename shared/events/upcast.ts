import { catalogue, findDefinition } from "./catalogue.ts";
import type { EventDefinition } from "./define.ts";
import type { JsonObject, ValidationFault } from "./fault.ts";
import { describeKind, describeValue, isJsonObject, pointerTo } from "./fault.ts";

/** What a body turned out to be. `faults` holds what could not be brought into shape; the rest was. */
export type Upcast =
  | {
      kind: "known";
      definition: EventDefinition;
      /** The event in today's canonical shape; its values are not checked yet. */
      event: JsonObject;
      faults: readonly ValidationFault[];
      /** Where the sender put what now stands at a pointer; the pointer itself where it did not send it. */
      sentAt(pointer: string): string;
    }
  | { kind: "no_type" | "unknown_type"; faults: readonly ValidationFault[] };

const ENVELOPE: ReadonlySet<string> = new Set([
  ...["event_id", "timestamp", "user_id", "session_id", "order_id", "schema_version"],
  ...["producer", "received_at", "correlation_id", "causation_id", "traceparent"],
]);

const SNAKE_CASE: ReadonlyMap<string, string> = new Map([
  ["eventId", "event_id"],
  ["userId", "user_id"],
  ["sessionId", "session_id"],
  ["orderId", "order_id"],
  ["productId", "product_id"],
]);

/** An event while it is taken apart and put together again. */
interface Draft {
  readonly envelope: Map<string, unknown>;
  readonly payload: Map<string, unknown>;
  readonly sentAt: Map<string, string>;
  readonly faults: ValidationFault[];
}

interface Sent {
  readonly name: string;
  readonly value: unknown;
  readonly pointer: string;
}

/**
 * Semaphore every shape an event is known to come in into the canonical one: other names of the type, `event` for
 * `event_type`, camelCase, fields beside the type instead of in a payload, ids in the payload instead of the
 * envelope, older versions. Pure, and the same for a canonical event again.
 */
export function upcast(raw: JsonObject): Upcast {
  const named = nameOf(raw);
  if (named.kind !== "named") return named;
  const { definition, field } = named;
  const draft: Draft = {
    envelope: new Map(),
    payload: new Map(),
    sentAt: new Map(),
    faults: [],
  };
  const strays: Sent[] = [];
  for (const [key, value] of Object.entries(raw)) {
    if (key === "event_type" || key === "payload") continue;
    if (key === "event" && (field === "event" || value === raw[field])) continue;
    const sent: Sent = {
      name: SNAKE_CASE.get(key) ?? key,
      value,
      pointer: pointerTo(key),
    };
    if (ENVELOPE.has(sent.name)) place(draft, "envelope", sent);
    else strays.push({ ...sent, name: key });
  }
  const payload = fillPayload(draft, { raw, strays, definition });
  const event = {
    event_type: definition.type,
    ...Object.fromEntries(draft.envelope),
    payload: currentPayload(definition, payload, draft),
    schema_version: definition.version,
  };
  const sentAt = (pointer: string): string => translate(draft.sentAt, pointer);
  return { kind: "known", definition, event, faults: draft.faults, sentAt };
}

type Named =
  | {
      kind: "named";
      definition: EventDefinition;
      field: "event_type" | "event";
    }
  | Exclude<Upcast, { kind: "known" }>;

function nameOf(raw: JsonObject): Named {
  const field = isMissing(raw["event_type"]) && !isMissing(raw["event"]) ? "event" : "event_type";
  const name = raw[field];
  if (isMissing(name)) {
    const fault = {
      pointer: "/event_type",
      expected: "the type of the event",
      received: describeValue(name),
    };
    return { kind: "no_type", faults: [fault] };
  }
  const definition = typeof name === "string" ? findDefinition(name) : undefined;
  if (definition) return { kind: "named", definition, field };
  const expected = `one of ${[...catalogue.keys()].join(", ")}`;
  return {
    kind: "unknown_type",
    faults: [{ pointer: pointerTo(field), expected, received: describeValue(name) }],
  };
}

function isMissing(name: unknown): boolean {
  return name === undefined || name === null || name === "";
}

/** Puts a field where it belongs. The same id may be sent in two places, but not two different ones. */
function place(draft: Draft, into: "envelope" | "payload", { name, value, pointer }: Sent): void {
  const fields = draft[into];
  const canonical = into === "payload" ? pointerTo("payload", name) : pointerTo(name);
  if (!fields.has(name)) {
    fields.set(name, value);
    draft.sentAt.set(canonical, pointer);
  } else if (!isSameId(fields.get(name), value)) {
    const expected = `the same as ${translate(draft.sentAt, canonical)}`;
    draft.faults.push({ pointer, expected, received: describeValue(value) });
  }
}

/** Whether two values are the same id, one perhaps as a number. */
function isSameId(one: unknown, other: unknown): boolean {
  const isId = (value: unknown): boolean => typeof value === "string" || typeof value === "number";
  return one === other || (isId(one) && isId(other) && String(one) === String(other));
}

interface Source {
  readonly raw: JsonObject;
  /** The fields of the body that are not the envelope's. */
  readonly strays: readonly Sent[];
  readonly definition: EventDefinition;
}

/** The payload less what belongs into the envelope; where it is no object, what it is instead. */
function fillPayload(draft: Draft, source: Source): unknown {
  const fields = payloadFields(draft, source);
  if (!fields) return source.raw["payload"];
  for (const field of fields) {
    const name = SNAKE_CASE.get(field.name) ?? field.name;
    if (isWanted(source.definition, name)) place(draft, "envelope", { ...field, name });
    else if (name === "product_id") place(draft, "payload", { ...field, name });
    else if (name === "items")
      place(draft, "payload", {
        ...field,
        value: snakeCaseItems(draft, field),
      });
    else place(draft, "payload", field);
  }
  return Object.fromEntries(draft.payload);
}

/** The fields of the payload, or of a body without one: then they are the fields beside the type. */
function payloadFields(draft: Draft, { raw, strays }: Source): readonly Sent[] | undefined {
  const payload = raw["payload"];
  if (payload === undefined) {
    if (strays.length > 0) draft.sentAt.set("/payload", "");
    return strays;
  }
  for (const { value, pointer } of strays) {
    const expected = "only fields of the envelope beside a payload: put this one into the payload";
    draft.faults.push({ pointer, expected, received: describeKind(value) });
  }
  if (!isJsonObject(payload)) return undefined;
  return Object.entries(payload).map(([name, value]) => ({
    name,
    value,
    pointer: pointerTo("payload", name),
  }));
}

function isWanted(definition: EventDefinition, name: string): boolean {
  return Object.hasOwn(definition.envelope, name);
}

/** The `productId` of an item is its `product_id`, unless it has both: then the second name is just a field. */
function snakeCaseItems(draft: Draft, { value, pointer }: Sent): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((item: unknown, index) => {
    if (!isJsonObject(item) || !Object.hasOwn(item, "productId") || Object.hasOwn(item, "product_id"))
      return item;
    const { productId, ...rest } = item;
    draft.sentAt.set(pointerTo("payload", "items", index, "product_id"), `${pointer}/${index}/productId`);
    return { ...rest, product_id: productId };
  });
}

/** Brings a payload from the version its sender names to today's. */
function currentPayload(definition: EventDefinition, payload: unknown, draft: Draft): unknown {
  const sent = draft.envelope.get("schema_version");
  const version = sent === undefined ? 1 : sent;
  if (
    typeof version === "number" &&
    Number.isInteger(version) &&
    version >= 1 &&
    version <= definition.version
  ) {
    return isJsonObject(payload) ? upcastPayload(definition, payload, version) : payload;
  }
  const expected = `a version of ${definition.type} that is known here: 1 to ${definition.version}`;
  const pointer = translate(draft.sentAt, "/schema_version");
  draft.faults.push({ pointer, expected, received: describeValue(version) });
  return payload;
}

/** Runs a definition's upcasters from a version up to its own, in their order. */
export function upcastPayload(
  definition: Pick<EventDefinition, "version" | "upcasters">,
  payload: JsonObject,
  from: number,
): JsonObject {
  let current = payload;
  for (let version = from; version < definition.version; version++) {
    current = definition.upcasters[version]?.(current) ?? current;
  }
  return current;
}

/** Follows a pointer back by its longest beginning that is known to have stood elsewhere. */
function translate(sentAt: ReadonlyMap<string, string>, pointer: string): string {
  for (let end = pointer.length; end > 0; end = pointer.lastIndexOf("/", end - 1)) {
    const origin = sentAt.get(pointer.slice(0, end));
    if (origin !== undefined) return origin + pointer.slice(end);
  }
  return pointer;
}
