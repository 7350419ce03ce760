import { closeSync, openSync, readSync, writeSync } from "node:fs";
import type { LocalClock } from "../../local-cloud/clock.ts";
import { createLocalClock } from "../../local-cloud/clock.ts";
import type { Keeper } from "../../local-cloud/storage.ts";

const BYTES = Float64Array.BYTES_PER_ELEMENT;

/**
 * The clock of the local cloud, which tells a file by how much it is ahead of real time whenever that changes, before
 * anything happens at the new time: processes of their own read it there.
 */
export function createSharedClock(keeper: Keeper, path: string): LocalClock {
  const file = openSync(path, "w");
  const tell = (value: unknown): void => {
    writeSync(file, new Float64Array([Number(value)]), 0, BYTES, 0);
  };
  tell(0);
  return createLocalClock({
    ...keeper,
    put: (kind, key, value) => {
      keeper.put(kind, key, value);
      tell(value);
    },
    all: <V>(kind: string) => {
      const kept = keeper.all<V>(kind);
      for (const { value } of kept) tell(value);
      return kept;
    },
  });
}

/** Reads a shared clock: now, in milliseconds. */
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
