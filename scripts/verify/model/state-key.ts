const texts = new WeakMap<object, string>();

/** Returns an object as JSON. Parts of a state are replaced, never changed, so the text is cached. */
export function jsonOf(part: object): string {
  const known = texts.get(part);
  if (known !== undefined) return known;
  const text = JSON.stringify(part);
  texts.set(part, text);
  return text;
}

/**
 * Creates a function that gives equal states equal keys.
 * The search keeps hundreds of thousands of keys, so they are short. Parts of a state (the members of its lists)
 * recur often; each gets a number.
 */
export function createStateKeys(): (state: object) => string {
  const numbers = new Map<string, number>();
  const byPart = new WeakMap<object, number>();

  function numberOf(part: object): number {
    const known = byPart.get(part);
    if (known !== undefined) return known;
    const text = jsonOf(part);
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    byPart.set(part, number);
    return number;
  }

  const nameOf = (part: unknown): string =>
    typeof part === "object" && part !== null ? `#${numberOf(part)}` : JSON.stringify(part);

  return state =>
    Object.values(state)
      .map(field => (Array.isArray(field) ? field.map(nameOf).join() : nameOf(field)))
      .join(";");
}
