import { isId } from "../../shared/events/define.ts";
import type { Query } from "../../shared/google/firestore.ts";
import { firestore } from "../../shared/google/firestore.ts";
import { ledger, readEntry } from "../../shared/pipeline/records/ledger.ts";
import type { LedgerEntry } from "../../shared/pipeline/records/ledger-entry.ts";
import type { LedgerState } from "../../shared/pipeline/records/ledger-state.ts";

/** Which ledger entries somebody asks for. */
export interface Selection {
  state: LedgerState;
  reaction?: string;
  type?: string;
  subject?: string;
  /** Part of the reason, whatever its case. */
  error?: string;
  /** Only entries that came before this moment. */
  beforeMs?: number;
}

export type Found = Omit<LedgerEntry, "event"> & { id: string };

/** All but the event itself, which may be large and personal. */
const SHOWN = ["state", "by", "cause", "n", "step", "reason", "lane", "created_at_ms", "changed_at_ms"];

/** One entry by its id; what can be no id names none. */
export async function findEntry(id: string): Promise<LedgerEntry | undefined> {
  return isId(id) ? readEntry(id) : undefined;
}

const PAGE = 300;

/**
 * The entries of a selection, in the order of their ids. State and reaction are looked up; the rest is compared
 * here, because an index on a value that grows with time would slow the whole ledger down.
 */
export async function* findEntries(selection: Selection, pageSize = PAGE): AsyncGenerator<Found> {
  const query = entriesOf(selection)
    .select(...SHOWN)
    .orderBy("__name__")
    .limit(pageSize);
  let page = await query.get();
  while (page.size > 0) {
    for (const document of page.docs) {
      const entry = { id: document.id, ...(document.data() as LedgerEntry) };
      if (isSelected(entry, selection)) yield entry;
    }
    const last = page.docs.at(-1);
    if (page.size < pageSize || !last) return;
    page = await query.startAfter(last.id).get();
  }
}

function entriesOf({ state, reaction }: Selection): Query {
  const all = firestore().collection(ledger.name).where("state", "==", state);
  return reaction === undefined ? all : all.where("by", "==", reaction);
}

function isSelected(entry: Found, { type, subject, error, beforeMs }: Selection): boolean {
  if (type !== undefined && entry.cause.event_type !== type) return false;
  if (subject !== undefined && entry.cause.subject !== subject) return false;
  if (beforeMs !== undefined && entry.created_at_ms > beforeMs) return false;
  return error === undefined || (entry.reason ?? "").toLowerCase().includes(error.toLowerCase());
}
