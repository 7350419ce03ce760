/** One thing that is wrong with what somebody sent, in words for the person who has to correct it. */
export interface ValidationFault {
  /** RFC 6901 JSON Pointer into what was sent; "" is the whole of it. */
  readonly pointer: string;
  readonly expected: string;
  readonly received: string;
}

/** A JSON object whose fields nobody has looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const MOST_FAULTS = 50; // enough to correct a client by
// Of a pointer, in bytes as JSON writes it. A key can be as long as the body: beyond this the pointer names what
// holds it, so that fifty faults stay below 64 KiB.
const LONGEST_POINTER = 512;
const LONGEST_SHOWN_VALUE = 60;

/**
 * A JSON Pointer from its parts (RFC 6901), always well-formed Unicode and at most 512 bytes in JSON. What it costs
 * does not grow with the parts.
 */
export function pointerTo(...parts: readonly (string | number)[]): string {
  let pointer = "";
  let bytes = 0;
  for (const part of parts) {
    const text = String(part);
    if (text.length > LONGEST_POINTER) break;
    const step = `/${text.replaceAll("~", "~0").replaceAll("/", "~1").toWellFormed()}`;
    bytes += Buffer.byteLength(JSON.stringify(step)) - 2;
    if (bytes > LONGEST_POINTER) break;
    pointer += step;
  }
  return pointer;
}

/** What a value is, in at most 100 characters: its kind and, for a plain value, its beginning. */
export function describeValue(value: unknown): string {
  if (typeof value !== "string") {
    return typeof value === "number" || typeof value === "boolean"
      ? `${typeof value} ${value}`
      : describeKind(value);
  }
  const start = value.slice(0, LONGEST_SHOWN_VALUE);
  const shown = JSON.stringify(start).slice(0, LONGEST_SHOWN_VALUE + 2);
  return start.length < value.length ? `string of ${value.length} characters ${shown}...` : `string ${shown}`;
}

/** What kind of value it is and nothing of what it says: for personal data and for what nobody has declared. */
export function describeKind(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return `array of ${value.length}`;
  return typeof value === "object" ? "object" : `${typeof value} (not shown)`;
}

/** Collects faults, the first per place, and stops listing after fifty. */
export interface FaultList {
  add(fault: ValidationFault): void;
  /** What was collected; where there was more, a last entry says how much. */
  list(): ValidationFault[];
}

export function faultList(): FaultList {
  const found = new Map<string, ValidationFault>();
  let unlisted = 0;
  return {
    add: fault => {
      if (found.has(fault.pointer)) return;
      if (found.size < MOST_FAULTS) found.set(fault.pointer, fault);
      else unlisted += 1;
    },
    list: () => {
      const listed = [...found.values()];
      if (unlisted === 0) return listed;
      const rest = {
        pointer: "",
        expected: "a body without these faults",
        received: `${unlisted} more faults`,
      };
      return [...listed, rest];
    },
  };
}
