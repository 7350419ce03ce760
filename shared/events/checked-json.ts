import { CLEAN_TEXT_WORDS, isCleanText } from "./clean-text.ts";
import type { ValidationFault } from "./fault.ts";
import { describeKind, describeValue, pointerTo } from "./fault.ts";

/**
 * Max nesting of objects and arrays in an HTTP body and in an event; the outermost object is level 1. Real events nest
 * far less. Firestore nests maps 20 deep at most, but stores an event as JSON text.
 */
export const MAX_JSON_DEPTH = 32;

/** Max values of one event, its objects and arrays included. An order of 200 lines has about a thousand. */
export const MAX_EVENT_VALUES = 10_000;

/** Max inexact values that are located. More do not help the client, and each costs a pointer. */
const MAX_INEXACT = 1_000;

/** Keys that change what other objects inherit when careless code sets them. */
const REFUSED_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** A parsed JSON value and the result of the one walk over it. */
export interface CheckedJson<Value = unknown> {
  readonly value: Value;
  /** Keys of all objects that the walk entered. */
  readonly keyCount: number;
  /** True when an object or array lies below level 32; the walk does not enter such a part. */
  readonly isTooDeep: boolean;
  /** False when the value holds more than 10,000 values. */
  readonly isEventSized: boolean;
  /**
   * Values that would become other values, at most 1,000. HTTP refuses such values. In storage 1e999 becomes null, a
   * 20-digit id loses digits, and half of a surrogate pair becomes U+FFFD.
   */
  readonly inexact: readonly ValidationFault[];
  /** Values and keys that no event may hold, among the first 10,000 values. */
  readonly unfit: readonly ValidationFault[];
}

/** One array or object whose parts are being visited. */
interface OpenPart {
  readonly holder: object;
  /** The keys of an object; undefined for an array. */
  readonly keys: readonly string[] | undefined;
  readonly count: number;
  next: number;
}

/**
 * Visits every value of a parsed JSON value once, in its order, for HTTP bodies and events alike. The walk keeps its
 * own stack, because a body of nothing but "[" nests deeper than calls can.
 * @param maxValues the walk stops after this number of values; by default a caller bounds the bytes
 */
export function checkJson<Value>(value: Value, maxValues = Number.POSITIVE_INFINITY): CheckedJson<Value> {
  const walk = new JsonWalk();
  walk.visit(value, maxValues);
  return { value, ...walk.result() };
}

class JsonWalk {
  readonly #open: OpenPart[] = [];
  readonly #inexact: ValidationFault[] = [];
  readonly #unfit: ValidationFault[] = [];
  #values = 0;
  #keys = 0;
  #isTooDeep = false;

  visit(root: unknown, maxValues: number): void {
    this.#visitValue(root);
    for (let top = this.#open.at(-1); top; top = this.#open.at(-1)) {
      if (this.#values > maxValues) return;
      if (top.next === top.count) this.#open.pop();
      else this.#visitNext(top);
    }
  }

  result(): Omit<CheckedJson, "value"> {
    return {
      keyCount: this.#keys,
      isTooDeep: this.#isTooDeep,
      isEventSized: this.#values <= MAX_EVENT_VALUES,
      inexact: this.#inexact,
      unfit: this.#unfit,
    };
  }

  #visitNext(top: OpenPart): void {
    const key = top.keys?.[top.next];
    const value: unknown = Reflect.get(top.holder, key ?? top.next);
    top.next += 1;
    if (key !== undefined) this.#visitKey(key);
    // An undefined field is as good as absent: JSON leaves it out. In an array it is a fault.
    if (key === undefined || value !== undefined) this.#visitValue(value);
  }

  #visitKey(key: string): void {
    if (REFUSED_KEYS.has(key)) this.#refuse("no field of this name", `key ${describeValue(key)}`);
    else if (!isCleanText(key)) this.#refuse(CLEAN_TEXT_WORDS, "a key that is not");
    if (!key.isWellFormed()) this.#addInexact(BROKEN_KEY, { levelsUp: 1 });
  }

  #visitValue(value: unknown): void {
    this.#values += 1;
    if (typeof value === "number") this.#visitNumber(value);
    else if (typeof value === "string") this.#visitText(value);
    else if (typeof value === "object" && value !== null) this.#enter(value);
    else if (typeof value !== "boolean" && value !== null) this.#refuse("a JSON value", describeKind(value));
  }

  #visitNumber(value: number): void {
    if (!Number.isFinite(value)) this.#refuse("a number a double can hold", describeValue(value));
    const isExact = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
    if (!isExact) this.#addInexact(LARGE_NUMBER);
  }

  #visitText(value: string): void {
    if (!isCleanText(value)) this.#refuse(CLEAN_TEXT_WORDS, "a string that is not");
    if (!value.isWellFormed()) this.#addInexact(BROKEN_TEXT);
  }

  #enter(value: object): void {
    if (this.#open.length === MAX_JSON_DEPTH) {
      this.#isTooDeep = true;
      this.#refuse(`at most ${MAX_JSON_DEPTH} levels of nesting`, "one level more");
    } else if (Array.isArray(value)) {
      this.#open.push({ holder: value, keys: undefined, count: value.length, next: 0 });
    } else {
      const keys = Object.keys(value);
      this.#keys += keys.length;
      this.#open.push({ holder: value, keys, count: keys.length, next: 0 });
    }
  }

  #addInexact(found: Omit<ValidationFault, "pointer">, { levelsUp = 0 } = {}): void {
    if (this.#inexact.length === MAX_INEXACT) return;
    const path = this.#path().slice(0, this.#open.length - levelsUp);
    // A place below a key with half a surrogate pair has no pointer; the key itself is listed.
    if (path.every(key => typeof key === "number" || key.isWellFormed()))
      this.#inexact.push({ pointer: pointerTo(...path), ...found });
  }

  #refuse(expected: string, received: string): void {
    if (this.#values > MAX_EVENT_VALUES) return;
    this.#unfit.push({ pointer: pointerTo(...this.#path()), expected, received });
  }

  /** Returns the keys that lead to the value being visited. */
  #path(): (string | number)[] {
    return this.#open.map(({ keys, next }) => (keys ? (keys[next - 1] ?? "") : next - 1));
  }
}

const LARGE_NUMBER = {
  expected: "a number within ±(2^53 - 1), long ids as strings",
  received: "a larger number",
};
const BROKEN_TEXT = { expected: "Unicode text", received: "a string with half a surrogate pair" };
const BROKEN_KEY = { expected: "Unicode text", received: "a key with half a surrogate pair" };
