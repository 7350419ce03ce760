/** What a look has to find: of objects the named fields, of lists every entry, of text also a pattern. */
export type Expected = unknown;

/**
 * Where `seen` is not as expected, each with its place as a JSON Pointer. What was not asked for may be there too.
 */
export function differences(expected: Expected, seen: unknown, pointer = ""): string[] {
  if (expected instanceof RegExp)
    return expected.test(String(seen)) ? [] : [differs(pointer, expected, seen)];
  if (Array.isArray(expected)) {
    if (!Array.isArray(seen) || seen.length !== expected.length) return [differs(pointer, expected, seen)];
    return expected.flatMap((entry, index) => differences(entry, seen[index], `${pointer}/${index}`));
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof seen !== "object" || seen === null) return [differs(pointer, expected, seen)];
    const fields = new Map(Object.entries(seen));
    return Object.entries(expected).flatMap(([name, value]) =>
      differences(value, fields.get(name), `${pointer}/${name}`),
    );
  }
  return Object.is(expected, seen) ? [] : [differs(pointer, expected, seen)];
}

function differs(pointer: string, expected: Expected, seen: unknown): string {
  return `${pointer === "" ? "it" : pointer} should be ${shown(expected)}, but is ${shown(seen)}`;
}

/** Short enough to be read in one line. */
export function shown(value: unknown): string {
  if (value instanceof RegExp) return String(value);
  const text =
    value === undefined
      ? "nothing"
      : JSON.stringify(value, (_, inner) => (inner instanceof RegExp ? String(inner) : inner));
  return text.length > 240 ? `${text.slice(0, 240)}…` : text;
}
