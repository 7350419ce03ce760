import { setTimeout as wait } from "node:timers/promises";

/** Timeout of a condition, in milliseconds. Google's emulator redelivers within a few seconds. */
export const EVENTUALLY_MS = 10_000;

/**
 * Waits until a condition holds.
 * @param describe describes the present state for the error
 * @throws Error after 10 s
 */
export async function eventually(condition: () => boolean, describe: () => string): Promise<void> {
  const deadlineMs = performance.now() + EVENTUALLY_MS;
  while (!condition()) {
    if (performance.now() > deadlineMs)
      throw new Error(`Condition false: expected true within ${EVENTUALLY_MS / 1000} s, got ${describe()}`);
    await wait(5);
  }
}
