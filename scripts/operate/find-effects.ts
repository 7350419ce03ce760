import { isId } from "../../shared/events/define.ts";
import { firestore, readDocument } from "../../shared/google/firestore.ts";
import type { EffectRecord } from "../../shared/pipeline/records/effect-record.ts";
import { effects } from "../../shared/pipeline/records/effect-record.ts";
import type { RecordFilter } from "./find-records.ts";
import { documentsOf, isMatch } from "./find-records.ts";

/** The conditions of a search for effects. */
export interface EffectSelection extends RecordFilter {
  states: readonly string[];
  /** The effect's own name. Absent: effects of every name. */
  reaction?: string;
}

/**
 * Reads one effect.
 * @returns undefined when there is none, and for a text that cannot be an id
 */
export async function findEffect(id: string): Promise<EffectRecord | undefined> {
  return isId(id) ? readDocument(effects, id) : undefined;
}

/** Reads the effects of a selection, in the order of their ids. */
export async function* findEffects(
  selection: EffectSelection,
): AsyncGenerator<EffectRecord & { id: string }> {
  const { states, reaction } = selection;
  const query = firestore().collection(effects.name).where("state", "in", states);
  for await (const effect of documentsOf<EffectRecord>(query)) {
    const isNamed = reaction === undefined || effect.effect === reaction;
    if (isNamed && isMatch(effect, selection)) yield effect;
  }
}
