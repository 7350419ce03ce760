import { findDefinition } from "./catalogue.ts";

/** Shorter ones are found everywhere: to blot them out would make a message unreadable and hide nothing. */
const LEAST_CHARACTERS = 3;

/** What an event's personal fields say, the longest first: texts that must not be repeated outside the event. */
export function personalTexts(event: { event_type: string; payload: unknown }): string[] {
  const pointers = findDefinition(event.event_type)?.personal ?? [];
  const texts = pointers.flatMap(pointer => textsIn(valueAt(event, pointer)));
  return longestFirst(texts);
}

/**
 * What a command's body says in words, but for ids: no catalogue tells which of it is personal, and whoever mistakes
 * one field for another may write a name into any.
 */
export function textsBesideIds(body: Readonly<Record<string, unknown>>): string[] {
  return longestFirst(textsIn(withoutIds(body)));
}

/** The same text, as it is and as it stands in JSON, with a mark where one of these texts stood. */
export function withoutTexts(text: string, personal: readonly string[]): string {
  const forms = personal.flatMap(one => [one, JSON.stringify(one).slice(1, -1)]);
  return forms.reduce((rest, form) => rest.replaceAll(form, "[personal]"), text);
}

function longestFirst(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort((a, b) => b.length - a.length);
}

function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(
    ([name, text]) => typeof text !== "number" && !name.endsWith("_id"),
  );
  return Object.fromEntries(entries.map(([name, one]) => [name, withoutIds(one)]));
}

function valueAt(event: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), event);
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return value.length >= LEAST_CHARACTERS ? [value] : [];
  if (typeof value === "number") return textsIn(String(value));
  return isObject(value) ? Object.values(value).flatMap(textsIn) : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
