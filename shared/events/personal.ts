import { findDefinition } from "./catalogue.ts";

/** Shorter ones are found everywhere: to blot them out would make a message unreadable and hide nothing. */
const LEAST_CHARACTERS = 3;

/** What an event's personal fields say, the longest first: texts that must not be repeated outside the event. */
export function personalTexts(event: { event_type: string; payload: unknown }): string[] {
  const pointers = findDefinition(event.event_type)?.personal ?? [];
  const texts = pointers.flatMap(pointer => textsIn(valueAt(event, pointer)));
  return [...new Set(texts)].sort((a, b) => b.length - a.length);
}

/** The same text, as it is and as it stands in JSON, with a mark where one of these texts stood. */
export function withoutTexts(text: string, personal: readonly string[]): string {
  const forms = personal.flatMap(one => [one, JSON.stringify(one).slice(1, -1)]);
  return forms.reduce((rest, form) => rest.replaceAll(form, "[personal]"), text);
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
