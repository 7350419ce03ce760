import { closeSync, openSync, readSync, writeSync } from "node:fs";
import type { LocalClock } from "../../local-cloud/clock.ts";
import { createLocalClock } from "../../local-cloud/clock.ts";
import type { Keeper } from "../../local-cloud/storage.ts";

const BYTES = Float64Array.BYTES_PER_ELEMENT;

/**
 * Creates the local cloud's clock, and writes its lead over real time to a file. Other processes read the file. The write
 * comes before the first item of the new time runs.
 */
export function createSharedClock(keeper: Keeper, path: string): LocalClock {
  const file = openSync(path, "w");
  const write = (value: unknown): void => {
    writeSync(file, new Float64Array([Number(value)]), 0, BYTES, 0);
  };
  write(0);
  return createLocalClock({
    ...keeper,
    put: (kind, key, value) => {
      keeper.put(kind, key, value);
      write(value);
    },
    all: <V>(kind: string) => {
      const kept = keeper.all<V>(kind);
      for (const { value } of kept) write(value);
      return kept;
    },
  });
}

/** Opens a shared clock of another process for reading. `now` returns milliseconds since the Unix epoch. */
export function openSharedClock(path: string): { now(): number; close(): void } {
  const file = openSync(path, "r");
  const aheadMs = new Float64Array(1);
  const realNow = Date.now;
  return {
    now: () => {
      readSync(file, aheadMs, 0, BYTES, 0);
      return realNow() + (aheadMs[0] ?? 0);
    },
    close: () => closeSync(file),
  };
}
