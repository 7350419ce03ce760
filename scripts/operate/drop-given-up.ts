import { drop } from "../../shared/pipeline/operate/drop.ts";
import type { Act } from "../../shared/pipeline/records/audit.ts";
import { generationOf, readGenerations } from "../../shared/pipeline/records/generation.ts";
import { findEntries } from "./find-entries.ts";

/**
 * Drops the parked entries of generations that an operator gave up, with an audit record for each.
 * Such entries are never released, and the day close would report them as hanging. The live generation has an own
 * entry for each of these events. Deferred and queued entries of the generation end automatically.
 * @throws Firestore's errors; a second call is safe
 */
export async function dropGivenUp(reaction: string, act: Act): Promise<void> {
  const { retired } = await readGenerations(reaction);
  const givenUp = new Set(retired.filter(one => one.given_up).map(({ generation }) => generation));
  if (givenUp.size === 0) return;
  for await (const { id, n } of findEntries({ state: "parked", reaction })) {
    const generation = generationOf(id);
    if (givenUp.has(generation))
      await drop({ ledgerId: id, n }, { ...act, reason: `generation ${generation} was given up` });
  }
}
