import type { FaultList } from "./fault.ts";
import { describeKind, describeValue, pointerTo } from "./fault.ts";

// Far above any real event, far below what would hurt: Firestore nests maps 20 deep at most, and an order of
// 200 lines has about a thousand values.
const DEEPEST = 32;
const MOST_VALUES = 10_000;

// Set as a key by careless code, each of these changes what other objects inherit.
const REFUSED_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

interface Place {
  readonly value: unknown;
  readonly key: string | number;
  readonly parent: Place | undefined;
  readonly depth: number;
}

/**
 * Looks at every value of a parsed JSON body, whatever its type, for what no event may hold. It keeps its own
 * list of places to visit, so nesting costs no call stack, and it stops at 10,000 values.
 * @returns whether it has seen all of the body, so that looking closer costs no more than this did.
 */
export function checkBody(raw: unknown, faults: FaultList): boolean {
  const waiting: Place[] = [{ value: raw, key: "", parent: undefined, depth: 1 }];
  for (let seen = 0; seen < waiting.length; seen++) {
    const place = waiting[seen];
    if (!place) break;
    const { value } = place;
    if (typeof value !== "object" || value === null) checkPlainValue(place, faults);
    else if (place.depth > DEEPEST)
      refuse(place, faults, `at most ${DEEPEST} levels of nesting`, "one level more");
    else if (!visitParts(place, value, waiting, faults)) return false;
  }
  return true;
}

/** Puts what an array or object holds on the list; false where the list has become too long. */
function visitParts(place: Place, value: object, waiting: Place[], faults: FaultList): boolean {
  const isArray = Array.isArray(value);
  const keys = isArray ? value.keys() : Object.keys(value);
  for (const key of keys) {
    const part: Place = {
      value: Reflect.get(value, key),
      key,
      parent: place,
      depth: place.depth + 1,
    };
    if (typeof key === "string") checkKey(part, key, faults);
    if (part.value === undefined && !isArray) continue; // as good as absent: JSON leaves it out
    waiting.push(part);
    if (waiting.length > MOST_VALUES) {
      faults.add({
        pointer: "",
        expected: `at most ${MOST_VALUES} values in one event`,
        received: "more",
      });
      return false;
    }
  }
  return true;
}

function checkKey(place: Place, key: string, faults: FaultList): void {
  if (REFUSED_KEYS.has(key)) refuse(place, faults, "no field of this name", `key ${describeValue(key)}`);
  else if (!isCleanText(key)) refuse(place, faults, CLEAN_TEXT_WORDS, "a key that is not");
}

/** What every text must be, wherever it stands. */
export const CLEAN_TEXT_WORDS = "well-formed Unicode without the character NUL";

function checkPlainValue(place: Place, faults: FaultList): void {
  const { value } = place;
  if (typeof value === "number" && !Number.isFinite(value)) {
    refuse(place, faults, "a number a double can hold", describeValue(value));
  } else if (typeof value === "string" && !isCleanText(value)) {
    refuse(place, faults, CLEAN_TEXT_WORDS, "a string that is not");
  } else if (!["string", "number", "boolean"].includes(typeof value) && value !== null) {
    refuse(place, faults, "a JSON value", describeKind(value));
  }
}

export function isCleanText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function refuse(place: Place, faults: FaultList, expected: string, received: string): void {
  const path: (string | number)[] = [];
  for (let at: Place | undefined = place; at?.parent; at = at.parent) path.unshift(at.key);
  faults.add({ pointer: pointerTo(...path), expected, received });
}
