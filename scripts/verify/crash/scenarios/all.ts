import type { Scenario } from "../stage/scenario.ts";
import { commandAndTimerScenarios } from "./commands-and-timers.ts";
import { effectScenarios } from "./effects.ts";
import { orderedScenarios } from "./ordered.ts";
import { ownerScenarios } from "./owners.ts";
import { reactionScenarios } from "./reactions.ts";

/** All scenarios of `npm run crash`. */
export const crashScenarios: readonly Scenario[] = [
  ...reactionScenarios,
  ...ownerScenarios,
  ...orderedScenarios,
  ...commandAndTimerScenarios,
  ...effectScenarios,
];
