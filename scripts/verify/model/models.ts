import type { Check } from "./check.ts";
import { commandChecks } from "./command.ts";
import { effectChecks } from "./effect.ts";
import { laneChecks } from "./lane.ts";
import { unorderedChecks } from "./unordered.ts";

/** All models, each with what is to be found in it. */
export const allChecks: readonly Check[] = [
  ...unorderedChecks,
  ...laneChecks,
  ...commandChecks,
  ...effectChecks,
];
