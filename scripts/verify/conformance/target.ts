import { describe, test } from "@jest/globals";
import { HOST_VARIABLES } from "./host-variables.ts";

/** Returns host:port of Google's emulator. Undefined: each test file starts the embedded emulator. */
export const googleHost = (service: keyof typeof HOST_VARIABLES): string | undefined =>
  process.env[HOST_VARIABLES[service]];

/** True: this run tests Google's emulators. A run never mixes Google's and embedded emulators. */
export const testsGoogle = googleHost("firestore") !== undefined || googleHost("pubsub") !== undefined;

type BehaviourTest = (behaviour: string, run: () => Promise<void>, timeoutMs?: number) => void;

/**
 * Creates a `test` for behaviours that Google's emulator cannot be tested for.
 * The table shows a dash there and prints the reason once.
 */
export function onlyEmbedded(reason: string): BehaviourTest {
  if (!testsGoogle) return test;
  return behaviour => describe(reason, () => test.todo(behaviour));
}

/** Returns the rounds of a race. Google's emulator needs seconds for a round; the embedded one, milliseconds. */
export const rounds = (embedded: number, google = embedded): number[] =>
  Array.from({ length: testsGoogle ? google : embedded }, (_, round) => round);

/** Timeout of slow tests. Google's emulator lets contending transactions time out one after the other. */
export const SLOW_MS = testsGoogle ? 120_000 : 20_000;
