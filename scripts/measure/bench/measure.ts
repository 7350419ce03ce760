/** One thing that is measured on two servers that speak the same protocol. */
export interface Measure {
  name: string;
  service: "firestore" | "pubsub";
  /** What ours has to be at least, as a multiple of Google's. */
  least: number;
  prepare(host: string): Promise<Load>;
}

/** A measure's load on one server, through the official client. */
export interface Load {
  /** The same as a round, or less of it; what is measured comes after it. */
  warmUp(): Promise<void>;
  /** How many a second. Throws when what was done is not what came out. */
  round(): Promise<number>;
  close(): Promise<void>;
}

/** One number a round. */
export interface Compared {
  name: string;
  least: number;
  ours: number[];
  /** Empty where Google's is not installed. */
  googles: number[];
}

/** Rounds of both in turn, ours first: what slows the machine down meanwhile slows both. */
export async function compare(
  measure: Measure,
  hosts: { ours: string; googles: string | undefined },
  rounds: number,
): Promise<Compared> {
  const compared: Compared = { name: measure.name, least: measure.least, ours: [], googles: [] };
  const sides = [{ load: await measure.prepare(hosts.ours), into: compared.ours }];
  if (hosts.googles !== undefined) {
    sides.push({ load: await measure.prepare(hosts.googles), into: compared.googles });
  }
  try {
    for (const { load } of sides) await load.warmUp();
    for (let round = 0; round < rounds; round += 1) {
      for (const { load, into } of sides) into.push(await load.round());
    }
  } finally {
    await Promise.all(sides.map(({ load }) => load.close()));
  }
  return compared;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return (low + high) / 2;
}
