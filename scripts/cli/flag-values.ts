import * as v from "valibot";
import { parseDuration, parseMoment } from "./times.ts";

/** Reads any text. `expected` completes the sentence "expected ...". */
export function text(expected: string) {
  return v.string(expected);
}

/** Reads text that matches a pattern. */
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

/** Reads a number above 0, with or without decimals. */
export function positiveNumber({ most }: { most: number }) {
  const expected = `a number above 0 and at most ${most}`;
  return v.pipe(
    v.string(expected),
    v.regex(/^\d+(\.\d+)?$/, expected),
    v.transform(Number),
    v.gtValue(0, expected),
    v.maxValue(most, expected),
  );
}

/** Reads a length of time such as `2h`, in milliseconds. */
export function duration() {
  return readWith(parseDuration, "a time such as 30s, 10m, 2h or 3d");
}

/** Reads a day or a moment in ISO 8601, in milliseconds since 1970. */
export function moment() {
  return readWith(parseMoment, "a day such as 2026-11-20 or a moment such as 2026-11-20T08:30:00Z");
}

/** Reads a day in ISO 8601, as text. */
export function day() {
  const isDay = (given: string) => !given.includes("T") && parseMoment(given) !== undefined;
  const expected = "a day such as 2026-11-20";
  return v.pipe(v.string(expected), v.check(isDay, expected));
}

/** Reads the address of a server; its path is dropped. */
export function serverUrl() {
  const expected = "an address such as http://localhost:8000";
  const isServer = (given: string) => URL.canParse(given) && /^https?:$/.test(new URL(given).protocol);
  return v.pipe(
    v.string(expected),
    v.check(isServer, expected),
    v.transform(given => new URL(given).origin),
  );
}

/** Reads the id of a project on Google Cloud. */
export function projectId() {
  return matching(
    /^([a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
    "the id of a project, as gcloud projects list shows it",
  );
}

/** Reads a region of Google Cloud. */
export function region() {
  return matching(/^[a-z]+-[a-z]+\d+$/, "a region such as europe-west1");
}

/** Reads the same as a schema does, for a flag that may be absent. */
export function optional<Value>(schema: v.GenericSchema<string, Value>) {
  return v.optional(schema);
}

function readWith(read: (given: string) => number | undefined, expected: string) {
  return v.pipe(
    v.string(expected),
    v.transform(read),
    v.check(value => value !== undefined, expected),
    v.transform(value => value ?? 0),
  );
}
