const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));

/** A source map: https://tc39.es/ecma426/ */
interface Mapping {
  sources: readonly string[];
  names: readonly string[];
  mappings: string;
}

/**
 * Removes some sources and their mappings from a source map. Code from these sources has no original position then.
 * @param isOurs tells whether a source stays
 */
export function ownSourceMap<T extends Mapping>(map: T, isOurs: (source: string) => boolean): T {
  const kept = map.sources.flatMap((source, i) => (isOurs(source) ? [i] : []));
  const sourceIndexes = new Map(kept.map((i, at) => [i, at]));
  const names: string[] = [];
  const nameIndexes = new Map<string, number>();
  /** Returns the new segment for an old one; undefined when no own source begins or ends there. */
  const ours = (segment: readonly number[], isInOurs: boolean): number[] | undefined => {
    const [column = 0, source = -1, line = 0, sourceColumn = 0, name] = segment;
    const at = sourceIndexes.get(source);
    if (at === undefined) return isInOurs ? [column] : undefined;
    const named = name === undefined ? [] : [indexOf(map.names[name] ?? "", names, nameIndexes)];
    return [column, at, line, sourceColumn, ...named];
  };
  const read = decoder();
  const write = encoder();
  const lines = map.mappings.split(";").map(text => {
    read.line();
    write.line();
    let isInOurs = false;
    const segments: string[] = [];
    for (const one of text === "" ? [] : text.split(",")) {
      const segment = ours(read.segment(one), isInOurs);
      if (segment) segments.push(write.segment(segment));
      if (segment || isInOurs) isInOurs = segment !== undefined && segment.length > 1;
    }
    return segments.join(",");
  });
  return { ...map, sources: kept.map(i => map.sources[i] ?? ""), names, mappings: lines.join(";") };
}

/** Decodes segments. Every number is a difference to the last number of its kind; columns restart with each line. */
function decoder() {
  const last = [0, 0, 0, 0, 0];
  return {
    line: () => {
      last[0] = 0;
    },
    segment: (text: string) =>
      decoded(text).map((difference, i) => {
        const number = (last[i] ?? 0) + difference;
        last[i] = number;
        return number;
      }),
  };
}

/** Encodes segments in the same form. */
function encoder() {
  const last = [0, 0, 0, 0, 0];
  const difference = (number: number, i: number) => {
    const from = last[i] ?? 0;
    last[i] = number;
    return encoded(number - from);
  };
  return {
    line: () => {
      last[0] = 0;
    },
    segment: (numbers: readonly number[]) => numbers.map(difference).join(""),
  };
}

function indexOf(name: string, names: string[], indexes: Map<string, number>): number {
  const known = indexes.get(name);
  if (known !== undefined) return known;
  indexes.set(name, names.length);
  return names.push(name) - 1;
}

/**
 * Decodes base 64 VLQ. Each digit holds five bits of a number, the lowest first. A sixth bit says that more digits
 * follow. The lowest bit of a number is the sign.
 */
function decoded(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = VALUES.get(digit) ?? 0;
    value += (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}

function encoded(number: number): string {
  let text = "";
  let rest = number < 0 ? (-number << 1) | 1 : number << 1;
  do {
    text += DIGITS[(rest & 31) | (rest > 31 ? 32 : 0)];
    rest >>= 5;
  } while (rest > 0);
  return text;
}
