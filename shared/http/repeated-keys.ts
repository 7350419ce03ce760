import { MAX_JSON_DEPTH } from "../events/checked-json.ts";
import type { ValidationFault } from "../events/fault.ts";
import { pointerTo } from "../events/fault.ts";

/** Max repeated keys that are located. More do not help the client, and each costs a pointer. */
const MAX_REPEATED = 1_000;

const QUOTE = '"';
const COLON = ":".charCodeAt(0);
const BACKSLASH = "\\".charCodeAt(0);
const BLANK = " ".charCodeAt(0);

/** One object or array around the current place. */
interface OpenPart {
  /** The keys so far; undefined for an array. */
  readonly keys: Set<string> | undefined;
  /** The current key or index. */
  at: string | number;
}

/**
 * Counts the keys in a JSON text, each as often as the text has it. JSON.parse keeps only the last of equal keys, so a
 * text with more keys than its parsed value repeats some. The search for quotes runs in native code: the count costs
 * far less than a walk over the characters.
 * @param json text that JSON.parse has accepted
 */
export function countKeys(json: string): number {
  let keys = 0;
  for (let start = json.indexOf(QUOTE); start >= 0; ) {
    const after = afterBlanks(json, endOfString(json, start) + 1);
    if (json.charCodeAt(after) === COLON) keys += 1;
    start = json.indexOf(QUOTE, after);
  }
  return keys;
}

/**
 * Finds the keys that occur again in their object. Keys are compared unescaped: "a" equals "\u0061".
 * @param json text that JSON.parse has accepted
 * @returns one fault for each repetition, at most 1,000
 */
export function repeatedKeys(json: string): ValidationFault[] {
  const open: OpenPart[] = [];
  const faults: ValidationFault[] = [];
  for (let place = 0; place < json.length && faults.length < MAX_REPEATED; place += 1) {
    const top = open.at(-1);
    switch (json[place]) {
      case "{":
        open.push({ keys: new Set(), at: "" });
        break;
      case "[":
        open.push({ keys: undefined, at: 0 });
        break;
      case "}":
      case "]":
        open.pop();
        break;
      case ",":
        if (typeof top?.at === "number") top.at += 1;
        break;
      case QUOTE: {
        const end = endOfString(json, place);
        if (top?.keys && json.charCodeAt(afterBlanks(json, end + 1)) === COLON) {
          top.at = JSON.parse(json.slice(place, end + 1)) as string;
          if (top.keys.has(top.at)) faults.push(repetition(open));
          top.keys.add(top.at);
        }
        place = end;
      }
    }
  }
  return faults;
}

/** Names the place of a repeated key. Below the deepest allowed level the pointer ends, which bounds its cost. */
function repetition(open: readonly OpenPart[]): ValidationFault {
  const path = open.slice(0, MAX_JSON_DEPTH).map(({ at }) => at);
  return {
    pointer: pointerTo(...path),
    expected: "each key once in its object",
    received: "the same key again",
  };
}

/** Returns the position of the quote that ends the string. Each backslash is visited once. */
function endOfString(json: string, start: number): number {
  let end = json.indexOf(QUOTE, start + 1);
  while (isEscaped(json, end)) end = json.indexOf(QUOTE, end + 1);
  return end;
}

function isEscaped(json: string, quote: number): boolean {
  let first = quote;
  while (json.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (quote - first) % 2 === 1;
}

/** Returns the first position from `place` on that holds no blank. Every blank of JSON lies at or below the space. */
function afterBlanks(json: string, place: number): number {
  let next = place;
  while (json.charCodeAt(next) <= BLANK) next += 1;
  return next;
}
