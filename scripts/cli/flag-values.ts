import * as v from "valibot";
import { durationMs, momentMs } from "./usage.ts";

/** Reads text that matches a pattern. `expected` completes the sentence "expected ...". */
export function matching(pattern: RegExp, expected: string) {
  return v.pipe(v.string(expected), v.regex(pattern, expected));
}

/** Reads one of a few words. */
export function oneOf<const Word extends string>(choices: readonly Word[]) {
  return v.picklist(choices, `one of ${choices.join(", ")}`);
}

/** Reads a whole number within bounds. */
export function wholeNumber({ least, most }: { least: number; most: number }) {
  const expected = `a whole number from ${least} to ${most}`;
  return v.pipe(
    v.string(expected),
    v.regex(/^\d+$/, expected),
    v.transform(Number),
    v.minValue(least, expected),
    v.maxValue(most, expected),
  );
}

/** Reads a length of time such as `2h`, in milliseconds. */
export function duration() {
  return readWith(durationMs, "a time such as 30s, 10m, 2h or 3d");
}

/** Reads a day or a moment in ISO 8601, in milliseconds since 1970. */
export function moment() {
  return readWith(momentMs, "a day such as 2026-11-20 or a moment such as 2026-11-20T08:30:00Z");
}

/** Reads the address of a server; its path is dropped. */
export function serverUrl() {
  const expected = "an address such as http://localhost:8000";
  const isServer = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  return v.pipe(
    v.string(expected),
    v.check(isServer, expected),
    v.transform(text => new URL(text).origin),
  );
}

/** The same for a flag that may be missing. */
export function optional<Value>(schema: v.GenericSchema<string, Value>) {
  return v.optional(schema);
}

function readWith(read: (flag: string, text: string) => number, expected: string) {
  const isReadable = (text: string): boolean => {
    try {
      read("", text);
      return true;
    } catch {
      return false;
    }
  };
  return v.pipe(
    v.string(expected),
    v.check(isReadable, expected),
    v.transform(text => read("", text)),
  );
}
