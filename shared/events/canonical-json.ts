/** One open array or object whose parts are being written. */
interface OpenContainer {
  /** Absent for an array. */
  readonly keys?: readonly string[];
  readonly values: readonly unknown[];
  next: number;
}

/**
 * Writes a value as canonical JSON: equal values give equal text. Keys are sorted by UTF-16 code unit, without blanks.
 * Numbers and strings are as JSON.stringify prints them; undefined fields are left out, other values that JSON lacks
 * are null. The function keeps its own stack, because a body of nothing but "[" nests deeper than calls can.
 */
export function canonicalJson(value: unknown): string {
  const parts: string[] = [];
  const open: OpenContainer[] = [];
  const write = (next: unknown): void => {
    if (typeof next !== "object" || next === null) {
      parts.push(JSON.stringify(next) ?? "null");
      return;
    }
    const entered = enter(next);
    parts.push(entered.keys ? "{" : "[");
    open.push(entered);
  };
  write(value);
  for (let top = open.at(-1); top; top = open.at(-1)) {
    if (top.next === top.values.length) {
      parts.push(top.keys ? "}" : "]");
      open.pop();
      continue;
    }
    const position = top.next++;
    if (position > 0) parts.push(",");
    if (top.keys) parts.push(JSON.stringify(top.keys[position]), ":");
    write(top.values[position]);
  }
  return parts.join("");
}

function enter(value: object): OpenContainer {
  if (Array.isArray(value)) return { values: value, next: 0 };
  const fields = new Map(Object.entries(value).filter(([, field]) => field !== undefined));
  const keys = [...fields.keys()].sort();
  return { keys, values: keys.map(key => fields.get(key)), next: 0 };
}
