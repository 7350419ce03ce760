/** A JSON object whose fields are not checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Tells whether a value is a JSON object.
 * @returns false for null and for arrays
 */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Splits a JSON Pointer of the catalogue into field names; such names hold no "~" and no "/". */
export function fieldsOf(pointer: string): string[] {
  return pointer.split("/").slice(1);
}

/** Reads the field at a path of field names; undefined when the path leaves the objects. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => (isJsonObject(at) ? at[name] : undefined), value);
}
