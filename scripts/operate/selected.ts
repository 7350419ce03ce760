import { clock } from "../../shared/clock.ts";
import type { EffectSelection } from "./find-effects.ts";
import type { EntrySelection } from "./find-entries.ts";
import type { ParkedFlags } from "./parked-flags.ts";

/** Returns the selection of entries that the flags describe. Entries that come later are not part of `--all`. */
export function selectedEntries({ filter, state = "parked" }: ParkedFlags): EntrySelection {
  const { olderThanMs = 0, ...others } = filter;
  return { state: state as EntrySelection["state"], ...others, beforeMs: clock.now() - olderThanMs };
}

/**
 * Returns the selection of effects that the flags describe. A list shows parked and unknown effects by default;
 * an act changes parked effects only, unless `--state unknown` is given.
 */
export function selectedEffects({ filter, state, verb }: ParkedFlags): EffectSelection {
  const { olderThanMs = 0, ...others } = filter;
  const states = state !== undefined ? [state] : verb === "list" ? ["parked", "unknown"] : ["parked"];
  return { states, ...others, beforeMs: clock.now() - olderThanMs };
}
