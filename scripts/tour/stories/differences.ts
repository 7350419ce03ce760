/** An expected value: some fields of an object, every entry of a list, a plain value, or a pattern. */
export type Expected = unknown;

/**
 * Compares a result with the expected value. The result may have more fields.
 * @returns a sentence for each difference, with its place as a JSON Pointer
 */
export function differences(expected: Expected, result: unknown, pointer = ""): string[] {
  if (expected instanceof RegExp)
    return expected.test(String(result)) ? [] : [difference(pointer, expected, result)];
  if (Array.isArray(expected)) {
    if (!Array.isArray(result) || result.length !== expected.length)
      return [difference(pointer, expected, result)];
    return expected.flatMap((entry, index) => differences(entry, result[index], `${pointer}/${index}`));
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof result !== "object" || result === null) return [difference(pointer, expected, result)];
    const fields = new Map(Object.entries(result));
    return Object.entries(expected).flatMap(([name, value]) =>
      differences(value, fields.get(name), `${pointer}/${name}`),
    );
  }
  return Object.is(expected, result) ? [] : [difference(pointer, expected, result)];
}

function difference(pointer: string, expected: Expected, result: unknown): string {
  return `${pointer === "" ? "result" : pointer} should be ${valueText(expected)}, but is ${valueText(result)}`;
}

/** Returns a value as text for one line. */
export function valueText(value: unknown): string {
  if (value instanceof RegExp) return String(value);
  const text =
    value === undefined
      ? "nothing"
      : JSON.stringify(value, (_, inner) => (inner instanceof RegExp ? String(inner) : inner));
  return text.length > 240 ? `${text.slice(0, 240)}…` : text;
}
