const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));

/** https://tc39.es/ecma426/ */
interface Mapping {
  sources: readonly string[];
  names: readonly string[];
  mappings: string;
}

/**
 * A source map without what it says about some of its sources: positions there lead nowhere.
 * @param isOurs which of the sources stay
 */
export function ownSourceMap<T extends Mapping>(map: T, isOurs: (source: string) => boolean): T {
  const kept = map.sources.flatMap((source, i) => (isOurs(source) ? [i] : []));
  const sourceIndexes = new Map(kept.map((i, at) => [i, at]));
  const names: string[] = [];
  const nameIndexes = new Map<string, number>();
  /** The segment of the new map that stands for one of the old; none where nothing of ours begins or ends. */
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

/** Every number counts from the one before it of its kind: the column in the made code within a line, the rest over all. */
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

/** Five bits a digit, the lowest first; a sixth says that more follow. The lowest bit of the number is its sign. */
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
