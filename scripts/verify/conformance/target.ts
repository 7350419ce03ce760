import { describe, test } from "@jest/globals";
import { HOST_VARIABLES } from "./host-variables.ts";

/** host:port of Google's emulator when it is to be asked; otherwise each test file starts the embedded one. */
export const googleHost = (service: keyof typeof HOST_VARIABLES): string | undefined =>
  process.env[HOST_VARIABLES[service]];

/** Both are asked in one run: what holds for one of them holds for this file. */
export const asksGoogle = googleHost("firestore") !== undefined || googleHost("pubsub") !== undefined;

type Ask = (behaviour: string, run: () => Promise<void>, timeoutMs?: number) => void;

/**
 * For a behaviour that Google's emulator cannot be asked for: its row has a dash there, and the reason is
 * printed once.
 */
export function onlyEmbedded(reason: string): Ask {
  if (!asksGoogle) return test;
  return behaviour => describe(reason, () => test.todo(behaviour));
}

/** How often a race is run: Google's emulator needs seconds for what takes milliseconds here. */
export const rounds = (embedded: number, google = embedded): number[] =>
  Array.from({ length: asksGoogle ? google : embedded }, (_, round) => round);

/** For tests that contend: Google's emulator lets waiting transactions time out one after the other. */
export const SLOW_MS = asksGoogle ? 120_000 : 20_000;
