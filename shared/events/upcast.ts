import { catalogue, findDefinition } from "./catalogue.ts";
import type { EventDefinition } from "./define.ts";
import type { ValidationFault } from "./fault.ts";
import { describeKind, describeValue, pointerTo } from "./fault.ts";
import type { JsonObject } from "./json-object.ts";
import { isJsonObject } from "./json-object.ts";

/** The result of upcasting a body. `faults` names the parts that fit no known shape. */
export type Upcast =
  | {
      kind: "known";
      definition: EventDefinition;
      /** The event in the current canonical shape; its values are not checked yet. */
      event: JsonObject;
      faults: readonly ValidationFault[];
      /** Translates a pointer of the canonical event into a pointer of the body as sent. Unchanged when nothing moved. */
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

/** An event whose fields are being moved to their canonical places. */
interface Draft {
  readonly envelope: Map<string, unknown>;
  readonly payload: Map<string, unknown>;
  readonly sentAt: Map<string, string>;
  readonly faults: ValidationFault[];
}

/** A field and its place in the body as sent. */
interface SentField {
  readonly name: string;
  readonly value: unknown;
  readonly pointer: string;
}

/**
 * Brings every known shape of an event into the canonical one. The function is pure, and a canonical event stays as it
 * is. Known shapes are:
 * - an alias of the type, and `event` for `event_type`;
 * - camelCase ids, and ids in the payload;
 * - payload fields at the top level, without `payload`;
 * - older versions.
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
  const strays: SentField[] = [];
  for (const [key, value] of Object.entries(raw)) {
    if (key === "event_type" || key === "payload") continue;
    if (key === "event" && (field === "event" || value === raw[field])) continue;
    const sent: SentField = {
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

/** Puts a field into its canonical place. A body may repeat an id in two places, but not name two different ids. */
function place(draft: Draft, into: "envelope" | "payload", { name, value, pointer }: SentField): void {
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

/** Tells whether two values are the same id; one of them may be a number. */
function isSameId(one: unknown, other: unknown): boolean {
  const isIdLike = (value: unknown): boolean => typeof value === "string" || typeof value === "number";
  return one === other || (isIdLike(one) && isIdLike(other) && String(one) === String(other));
}

interface SentBody {
  readonly raw: JsonObject;
  /** The fields of the body that are not the envelope's. */
  readonly strays: readonly SentField[];
  readonly definition: EventDefinition;
}

/**
 * Moves the payload's fields to their canonical places.
 * @returns the payload without the fields that moved into the envelope; any other value as it was sent
 */
function fillPayload(draft: Draft, body: SentBody): unknown {
  const fields = payloadFields(draft, body);
  if (!fields) return body.raw["payload"];
  for (const field of fields) {
    const name = SNAKE_CASE.get(field.name) ?? field.name;
    if (isEnvelopeId(body.definition, name)) place(draft, "envelope", { ...field, name });
    else if (name === "product_id") place(draft, "payload", { ...field, name });
    else if (name === "items") place(draft, "payload", { ...field, value: snakeCaseItems(draft, field) });
    else place(draft, "payload", field);
  }
  return Object.fromEntries(draft.payload);
}

/**
 * Returns the fields of the payload. In a body without a payload these are the fields beside the type.
 * @returns undefined when the payload is no object
 */
function payloadFields(draft: Draft, { raw, strays }: SentBody): readonly SentField[] | undefined {
  const payload = raw["payload"];
  if (payload === undefined) {
    if (strays.length > 0) draft.sentAt.set("/payload", "");
    return strays;
  }
  for (const { value, pointer } of strays) {
    const expected = "only envelope fields beside a payload: move this field into the payload";
    draft.faults.push({ pointer, expected, received: describeKind(value) });
  }
  if (!isJsonObject(payload)) return undefined;
  return Object.entries(payload).map(([name, value]) => ({
    name,
    value,
    pointer: pointerTo("payload", name),
  }));
}

function isEnvelopeId(definition: EventDefinition, name: string): boolean {
  return Object.hasOwn(definition.envelope, name);
}

/** Renames `productId` of each item to `product_id`. An item that has both keeps both. */
function snakeCaseItems(draft: Draft, { value, pointer }: SentField): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((item: unknown, index) => {
    if (!isJsonObject(item) || !Object.hasOwn(item, "productId") || Object.hasOwn(item, "product_id"))
      return item;
    const { productId, ...rest } = item;
    draft.sentAt.set(pointerTo("payload", "items", index, "product_id"), `${pointer}/${index}/productId`);
    return { ...rest, product_id: productId };
  });
}

/** Upcasts a payload from the version that its sender names to the current one. */
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
  const expected = `a known version of ${definition.type}: 1 to ${definition.version}`;
  const pointer = translate(draft.sentAt, "/schema_version");
  draft.faults.push({ pointer, expected, received: describeValue(version) });
  return payload;
}

/** Runs the upcasters of a definition in order, from a version up to the definition's own. */
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

/** Translates a canonical pointer into the sender's, by the longest prefix that moved. */
function translate(sentAt: ReadonlyMap<string, string>, pointer: string): string {
  for (let end = pointer.length; end > 0; end = pointer.lastIndexOf("/", end - 1)) {
    const origin = sentAt.get(pointer.slice(0, end));
    if (origin !== undefined) return origin + pointer.slice(end);
  }
  return pointer;
}
