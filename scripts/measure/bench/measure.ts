/** One measurement that runs on two servers with the same protocol. */
export interface Measure {
  name: string;
  service: "firestore" | "pubsub";
  /** Lower bound of the local service's rate, as a multiple of the rate of Google's emulator. */
  least: number;
  prepare(host: string): Promise<Load>;
}

/** The load of a measurement on one server, through the official client. */
export interface Load {
  /** Runs before the measured rounds, with the same load or less. */
  warmUp(): Promise<void>;
  /**
   * Runs one round.
   * @returns operations per second
   * @throws Error when the server's data differ from the operations of the round
   */
  round(): Promise<number>;
  close(): Promise<void>;
}

/** Rates of both servers, one per round. */
export interface Compared {
  name: string;
  least: number;
  ours: number[];
  /** Empty when Google's emulator is not installed. */
  googles: number[];
}

/** Runs rounds on both servers in turn, the local one first, so that a slow machine slows both. */
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
