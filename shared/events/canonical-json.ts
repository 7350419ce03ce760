/** One open array or object while its parts are written. */
interface Open {
  readonly keys: readonly string[] | undefined;
  readonly values: readonly unknown[];
  next: number;
}

/**
 * JSON text that is the same for the same value: keys sorted by UTF-16 code unit, no blanks, numbers and strings
 * as JSON.stringify prints them (what JSON cannot say is null, a field that is undefined is left out). It keeps
 * its own stack, because a body of nothing but "[" nests deeper than calls can.
 */
export function canonicalJson(value: unknown): string {
  const parts: string[] = [];
  const open: Open[] = [];
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

function enter(value: object): Open {
  if (Array.isArray(value)) return { keys: undefined, values: value, next: 0 };
  const fields = new Map(Object.entries(value).filter(([, field]) => field !== undefined));
  const keys = [...fields.keys()].sort();
  return { keys, values: keys.map(key => fields.get(key)), next: 0 };
}
