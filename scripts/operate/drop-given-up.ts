import { drop } from "../../shared/pipeline/operate/drop.ts";
import type { Act } from "../../shared/pipeline/records/audit.ts";
import { generationOf, readGenerations } from "../../shared/pipeline/records/generation.ts";
import { findEntries } from "./find-entries.ts";

/**
 * Drops what is parked in generations that were given up, and puts it on record: nobody would ever release it, and the
 * night would name it as hanging. The live generation has an entry of its own for each of these events. What was
 * deferred or queued there ends by itself.
 * @throws what Firestore threw; doing it again is safe
 */
export async function dropGivenUp(reaction: string, act: Act): Promise<void> {
  const { retired } = await readGenerations(reaction);
  const over = new Set(retired.filter(one => one.given_up).map(({ generation }) => generation));
  if (over.size === 0) return;
  for await (const { id, n } of findEntries({ state: "parked", reaction })) {
    const generation = generationOf(id);
    if (over.has(generation))
      await drop({ ledgerId: id, n }, { ...act, reason: `generation ${generation} was given up` });
  }
}
