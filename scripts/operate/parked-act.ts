import { clock } from "../../shared/clock.ts";
import { isId } from "../../shared/events/define.ts";
import { drop } from "../../shared/pipeline/operate/drop.ts";
import { releaseByPerson, releaseLane } from "../../shared/pipeline/operate/release.ts";
import { dropEffect, resendEffect } from "../../shared/pipeline/operate/resend.ts";
import type { Act, ActResult } from "../../shared/pipeline/records/audit.ts";
import { newId } from "../../shared/values/ids.ts";
import type { Summary } from "./act-on-each.ts";
import { actOnEach } from "./act-on-each.ts";
import { whoAsks } from "./connect.ts";
import { findEffect, findEffects } from "./find-effects.ts";
import { findEntries, findEntry } from "./find-entries.ts";
import type { ParkedFlags } from "./parked-flags.ts";
import { selectedEffects, selectedEntries } from "./selected.ts";

/** Something an act is done to; entries say where they stood when they were seen. */
interface Target {
  id: string;
  n?: number;
  state?: string;
}

export interface Acted extends Summary {
  act: Act;
  /** Effects of which nobody knew whether the world had seen them. */
  mayBeSeenTwice: number;
}

/** Does what the flags say to all they name. Each is looked at again when its turn comes. */
export async function actOn(
  flags: ParkedFlags,
  control: Parameters<typeof actOnEach>[2] = {},
): Promise<Acted> {
  const nowMs = clock.now();
  const { reason } = flags;
  const act: Act = {
    id: newId("act", { nowMs }),
    who: whoAsks(flags.target),
    nowMs,
    ...(reason === undefined ? {} : { reason }),
  };
  let mayBeSeenTwice = 0;
  const summary = await actOnEach(
    targetsOf(flags),
    async target => {
      const outcome = await doOne(flags, target, act);
      if (flags.verb === "resend" && outcome.done && target.state === "unknown") mayBeSeenTwice += 1;
      return outcome;
    },
    control,
  );
  return { ...summary, act, mayBeSeenTwice };
}

async function doOne(
  { verb, effects, lane }: ParkedFlags,
  { id, n = 0 }: Target,
  act: Act,
): Promise<ActResult> {
  if (!isId(id)) return { done: false, why: `there is no such ${kindOf({ effects, lane })}` };
  if (effects) return verb === "drop" ? dropEffect(id, act) : resendEffect(id, act);
  if (lane !== undefined) return releaseLane(id, act);
  return verb === "drop" ? drop({ ledgerId: id, n }, act) : releaseByPerson({ ledgerId: id, n }, act);
}

/** What the flags name, one after the other. Those named by their id are looked up; the rest is found by page. */
export async function* targetsOf(flags: ParkedFlags): AsyncGenerator<Target> {
  if (flags.lane !== undefined) yield { id: flags.lane };
  else if (!flags.all) yield* named(flags);
  else if (flags.effects) yield* findEffects(selectedEffects(flags));
  else yield* findEntries(selectedEntries(flags));
}

async function* named({ ids, effects: areEffects }: ParkedFlags): AsyncGenerator<Target> {
  for (const id of ids) {
    const found = await (areEffects ? findEffect : findEntry)(id);
    yield { id, ...(found && "n" in found && { n: found.n }), ...(found && { state: found.state }) };
  }
}

function kindOf({ effects, lane }: { effects: boolean; lane: string | undefined }): string {
  if (lane !== undefined) return "lane";
  return effects ? "effect" : "entry";
}
