import { findDefinition } from "./catalogue.ts";
import type { JsonObject } from "./json-object.ts";
import { fieldsOf, isJsonObject, valueAt } from "./json-object.ts";

/** Min characters of a masked text. Shorter texts occur everywhere: masking them hides nothing and ruins a message. */
const MIN_CHARACTERS = 3;

/**
 * Collects the texts of an event's personal fields. Logs and error messages must not repeat them.
 * @returns the longest text first
 */
export function personalTexts(event: { event_type: string; payload: unknown }): string[] {
  const pointers = findDefinition(event.event_type)?.personal ?? [];
  const texts = pointers.flatMap(pointer => textsIn(valueAt(event, fieldsOf(pointer))));
  return longestFirst(texts);
}

/**
 * Collects every text of a command's body except ids. No catalogue names the personal fields of a command. A client
 * that confuses two fields may put a name into any field.
 * @returns the longest text first
 */
export function textsBesideIds(body: JsonObject): string[] {
  return longestFirst(textsIn(withoutIds(body)));
}

/** Masks these texts in a message, both as plain text and as they appear in JSON. */
export function withoutTexts(text: string, personal: readonly string[]): string {
  const forms = personal.flatMap(one => [one, JSON.stringify(one).slice(1, -1)]);
  return forms.reduce((rest, form) => rest.replaceAll(form, "[personal]"), text);
}

function longestFirst(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort((a, b) => b.length - a.length);
}

function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).filter(
    ([name, text]) => typeof text !== "number" && !name.endsWith("_id"),
  );
  return Object.fromEntries(entries.map(([name, one]) => [name, withoutIds(one)]));
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return value.length >= MIN_CHARACTERS ? [value] : [];
  if (typeof value === "number") return textsIn(String(value));
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
