import { clock } from "../../shared/clock.ts";
import { isId } from "../../shared/events/define.ts";
import { drop } from "../../shared/pipeline/operate/drop.ts";
import { releaseByPerson, releaseLane } from "../../shared/pipeline/operate/release.ts";
import { dropEffect, resendEffect } from "../../shared/pipeline/operate/resend.ts";
import type { Act, ActResult } from "../../shared/pipeline/records/audit.ts";
import { newId } from "../../shared/values/ids.ts";
import type { Summary } from "./act-on-each.ts";
import { actOnEach } from "./act-on-each.ts";
import { operatorName } from "./connect.ts";
import { findEffect, findEffects } from "./find-effects.ts";
import { findEntries, findEntry } from "./find-entries.ts";
import type { ParkedFlags } from "./parked-flags.ts";
import { selectedEffects, selectedEntries } from "./selected.ts";

/** An entry, effect or lane that an act changes. */
interface Target {
  id: string;
  /** The entry's number of attempts when it was read. */
  n?: number;
  /** The state when it was read. */
  state?: string;
}

/** The result of an operator's act. */
export interface ActSummary extends Summary {
  act: Act;
  /** Effects that were resent although the first attempt's result is unknown. */
  mayBeSeenTwice: number;
}

/** Does what the flags say to every target that they name. Each act reads its target again. */
export async function actOn(
  flags: ParkedFlags,
  control: Parameters<typeof actOnEach>[2] = {},
): Promise<ActSummary> {
  const nowMs = clock.now();
  const { reason } = flags;
  const act: Act = { id: newId("act", { nowMs }), who: operatorName(flags.target), nowMs, reason };
  let mayBeSeenTwice = 0;
  const summary = await actOnEach(
    targetsOf(flags),
    async target => {
      const outcome = await actOnOne(flags, target, act);
      if (flags.verb === "resend" && outcome.done && target.state === "unknown") mayBeSeenTwice += 1;
      return outcome;
    },
    control,
  );
  return { ...summary, act, mayBeSeenTwice };
}

async function actOnOne(
  { verb, effects, lane }: ParkedFlags,
  { id, n = 0 }: Target,
  act: Act,
): Promise<ActResult> {
  if (!isId(id)) return { done: false, why: `there is no such ${kindOf({ effects, lane })}` };
  if (effects) return verb === "drop" ? dropEffect(id, act) : resendEffect(id, act);
  if (lane !== undefined) return releaseLane(id, act);
  return verb === "drop" ? drop({ ledgerId: id, n }, act) : releaseByPerson({ ledgerId: id, n }, act);
}

/** Reads the targets that the flags name, one after the other: by their ids, or by a search with `--all`. */
export async function* targetsOf(flags: ParkedFlags): AsyncGenerator<Target> {
  if (flags.lane !== undefined) yield { id: flags.lane };
  else if (!flags.all) yield* targetsById(flags);
  else if (flags.effects) yield* findEffects(selectedEffects(flags));
  else yield* findEntries(selectedEntries(flags));
}

async function* targetsById({ ids, effects: areEffects }: ParkedFlags): AsyncGenerator<Target> {
  for (const id of ids) {
    const found = await (areEffects ? findEffect : findEntry)(id);
    yield { id, n: found && "n" in found ? found.n : undefined, state: found?.state };
  }
}

function kindOf({ effects, lane }: { effects: boolean; lane?: string }): string {
  if (lane !== undefined) return "lane";
  return effects ? "effect" : "entry";
}
