const texts = new WeakMap<object, string>();

/** An object as JSON. Parts of a state are never changed, only replaced, so most were asked for before. */
export function jsonOf(part: object): string {
  const known = texts.get(part);
  if (known !== undefined) return known;
  const text = JSON.stringify(part);
  texts.set(part, text);
  return text;
}

/**
 * Gives equal states equal names, short ones: hundreds of thousands are kept. The parts of a state (the members of
 * its lists) recur all the time, so each gets a number.
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
