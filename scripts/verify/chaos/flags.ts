import { parseArgs } from "node:util";
import { FlagError, wholeIn } from "../simulate/flags.ts";

export interface Flags {
  minutes: number;
  seed: number;
  isGoogle: boolean;
}

export const USAGE = "Usage: npm run chaos [-- --minutes 3 --seed 1 --google]";

const MOST_MINUTES = 24 * 60;

/** @throws FlagError for a flag there is not, or a value it cannot take */
export function readFlags(args: readonly string[]): Flags {
  const options = {
    minutes: { type: "string" },
    seed: { type: "string" },
    google: { type: "boolean" },
  } as const;
  try {
    const { minutes = "3", seed = "1", google = false } = parseArgs({ args: [...args], options }).values;
    return {
      minutes: wholeIn("--minutes", minutes, { least: 1, most: MOST_MINUTES }),
      seed: wholeIn("--seed", seed, { least: 0, most: Number.MAX_SAFE_INTEGER }),
      isGoogle: google,
    };
  } catch (error) {
    throw error instanceof FlagError
      ? error
      : new FlagError(error instanceof Error ? error.message : String(error));
  }
}
