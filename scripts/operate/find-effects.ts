import { isId } from "../../shared/events/define.ts";
import { firestore, readDocument } from "../../shared/google/firestore.ts";
import type { EffectRecord } from "../../shared/pipeline/records/effect-record.ts";
import { effects } from "../../shared/pipeline/records/effect-record.ts";

/** Which effects somebody asks for. */
export interface EffectSelection {
  states: readonly string[];
  /** The effect's own name. */
  reaction?: string;
  type?: string;
  subject?: string;
  error?: string;
  beforeMs: number;
}

/** One effect by its id; what can be no id names none. */
export async function findEffect(id: string): Promise<EffectRecord | undefined> {
  return isId(id) ? readDocument(effects, id) : undefined;
}

const PAGE = 300;

/** The effects of a selection, in the order of their ids. */
export async function* findEffects(
  selection: EffectSelection,
): AsyncGenerator<EffectRecord & { id: string }> {
  const query = firestore()
    .collection(effects.name)
    .where("state", "in", selection.states)
    .orderBy("__name__")
    .limit(PAGE);
  let page = await query.get();
  while (page.size > 0) {
    for (const document of page.docs) {
      const effect = { id: document.id, ...(document.data() as EffectRecord) };
      if (isSelected(effect, selection)) yield effect;
    }
    const last = page.docs.at(-1);
    if (page.size < PAGE || !last) return;
    page = await query.startAfter(last.id).get();
  }
}

function isSelected(
  effect: EffectRecord,
  { reaction, type, subject, error, beforeMs }: EffectSelection,
): boolean {
  if (effect.created_at_ms > beforeMs) return false;
  if (reaction !== undefined && effect.effect !== reaction) return false;
  if (type !== undefined && effect.cause.event_type !== type) return false;
  if (subject !== undefined && effect.cause.subject !== subject) return false;
  return error === undefined || (effect.reason ?? "").toLowerCase().includes(error.toLowerCase());
}
