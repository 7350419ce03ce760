/** One fault of what a client sent, in words for the developer who corrects the client. */
export interface ValidationFault {
  /** RFC 6901 JSON Pointer into what was sent; "" is all of it. */
  readonly pointer: string;
  readonly expected: string;
  readonly received: string;
}

/** Max faults listed one by one: enough to correct a client. */
const MAX_LISTED = 50;

/**
 * Max bytes of a pointer, as JSON writes it. A key can be as long as the body. A longer pointer ends at the object that
 * holds the key, so fifty faults stay below 64 KiB.
 */
const MAX_POINTER_BYTES = 512;

/** Max characters of a received value that a fault repeats. */
const MAX_SHOWN_CHARACTERS = 60;

/**
 * Builds a JSON Pointer from its parts (RFC 6901). The cost does not grow with the length of the parts.
 * @returns well-formed Unicode of at most 512 bytes in JSON
 */
export function pointerTo(...parts: readonly (string | number)[]): string {
  let pointer = "";
  let bytes = 0;
  for (const part of parts) {
    const text = String(part);
    if (text.length > MAX_POINTER_BYTES) break;
    const step = `/${text.replaceAll("~", "~0").replaceAll("/", "~1").toWellFormed()}`;
    bytes += Buffer.byteLength(JSON.stringify(step)) - 2;
    if (bytes > MAX_POINTER_BYTES) break;
    pointer += step;
  }
  return pointer;
}

/** Describes a value in at most 100 characters: its kind and, for a plain value, its beginning. */
export function describeValue(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return `${typeof value} ${value}`;
  if (typeof value !== "string") return describeKind(value);
  const start = value.slice(0, MAX_SHOWN_CHARACTERS);
  const quoted = JSON.stringify(start).slice(0, MAX_SHOWN_CHARACTERS + 2);
  return start.length < value.length
    ? `string of ${value.length} characters ${quoted}...`
    : `string ${quoted}`;
}

/** Describes the kind of a value without its content: for personal data and for undeclared fields. */
export function describeKind(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return `array of ${value.length}`;
  return typeof value === "object" ? "object" : `${typeof value} (not shown)`;
}

/** A list of faults: the first one per pointer, at most fifty one by one. */
export interface FaultList {
  add(fault: ValidationFault): void;
  /** Returns the faults; a last entry states the number of faults beyond fifty. */
  list(): ValidationFault[];
}

/** Creates an empty list of faults. */
export function faultList(): FaultList {
  const found = new Map<string, ValidationFault>();
  let unlisted = 0;
  return {
    add: fault => {
      if (found.has(fault.pointer)) return;
      if (found.size < MAX_LISTED) found.set(fault.pointer, fault);
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
