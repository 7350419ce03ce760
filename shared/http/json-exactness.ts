import type { Fault } from "./problem.ts";

/**
 * Values that JSON.parse accepts but that would silently become another value: a number beyond what a
 * double holds (1e999 becomes null, a 20-digit id loses its last digits), half of a surrogate pair (becomes
 * U+FFFD in UTF-8). Recursive: the caller bounds the depth.
 */
export function inexactValues(value: unknown, pointer = ""): Fault[] {
  if (typeof value === "number") return isExact(value) ? [] : [fault(pointer, "a number")];
  if (typeof value === "string") return value.isWellFormed() ? [] : [fault(pointer, "a string")];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (!key.isWellFormed()) return [fault(pointer, "a key")];
    return inexactValues(inner, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  });
}

function isExact(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

function fault(pointer: string, kind: "a number" | "a string" | "a key"): Fault {
  if (kind === "a number") {
    return {
      pointer,
      expected: "a number within ±(2^53 - 1), long ids as strings",
      received: "a larger number",
    };
  }
  return { pointer, expected: "Unicode text", received: `${kind} with half a surrogate pair` };
}
