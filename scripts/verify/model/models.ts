import type { Check } from "./check.ts";
import { commandChecks } from "./command-checks.ts";
import { effectChecks } from "./effect-checks.ts";
import { laneChecks } from "./lane-checks.ts";
import { unorderedChecks } from "./unordered-checks.ts";

/** All models, each with its expected result. */
export const allChecks: readonly Check[] = [
  ...unorderedChecks,
  ...laneChecks,
  ...commandChecks,
  ...effectChecks,
];
