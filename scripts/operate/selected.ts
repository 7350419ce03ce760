import { clock } from "../../shared/clock.ts";
import type { EffectSelection } from "./find-effects.ts";
import type { Selection } from "./find-entries.ts";
import type { ParkedFlags } from "./parked-flags.ts";

/** Which entries the flags speak of. What comes after this moment is not meant by "all". */
export function selectedEntries({ filter, state = "parked" }: ParkedFlags): Selection {
  const { olderThanMs = 0, ...others } = filter;
  return { state: state as Selection["state"], ...others, beforeMs: clock.now() - olderThanMs };
}

/** Which effects they speak of. Listed are all that wait; "all" means the unknown only where it is said. */
export function selectedEffects({ filter, state, verb }: ParkedFlags): EffectSelection {
  const { olderThanMs = 0, ...others } = filter;
  const states = state !== undefined ? [state] : verb === "list" ? ["parked", "unknown"] : ["parked"];
  return { states, ...others, beforeMs: clock.now() - olderThanMs };
}
