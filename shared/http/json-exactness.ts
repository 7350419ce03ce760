import type { ValidationFault } from "../events/fault.ts";
import { faultList, pointerTo } from "../events/fault.ts";

/** Who sent so many is not helped by their count, and each costs a pointer. */
const MOST_FOUND = 1_000;

/**
 * Values that JSON.parse accepts but that would silently become another value: a number beyond what a
 * double holds (1e999 becomes null, a 20-digit id loses its last digits), half of a surrogate pair (becomes
 * U+FFFD in UTF-8). The first fifty are listed; it stops at a thousand. Recursive: the caller bounds the depth.
 */
export function inexactValues(value: unknown): ValidationFault[] {
  const found: ValidationFault[] = [];
  look(value, [], found);
  const faults = faultList();
  found.forEach(faults.add);
  return faults.list();
}

/** `path` is lent to whoever looks deeper: a pointer is made only for what is at fault. */
function look(value: unknown, path: string[], found: ValidationFault[]): void {
  if (found.length === MOST_FOUND) return;
  if (typeof value === "number" && !isExact(value)) found.push(fault(path, "a number"));
  if (typeof value === "string" && !value.isWellFormed()) found.push(fault(path, "a string"));
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    path.push(key);
    if (key.isWellFormed()) look(inner, path, found);
    else if (found.length < MOST_FOUND) found.push(fault(path.slice(0, -1), "a key"));
    path.pop();
  }
}

function isExact(value: number): boolean {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

function fault(path: readonly string[], kind: "a number" | "a string" | "a key"): ValidationFault {
  const pointer = pointerTo(...path);
  if (kind === "a number") {
    return {
      pointer,
      expected: "a number within ±(2^53 - 1), long ids as strings",
      received: "a larger number",
    };
  }
  return { pointer, expected: "Unicode text", received: `${kind} with half a surrogate pair` };
}
