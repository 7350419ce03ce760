import { isId } from "../../shared/events/define.ts";
import type { Query } from "../../shared/google/firestore.ts";
import { firestore } from "../../shared/google/firestore.ts";
import { ledger, readEntry } from "../../shared/pipeline/records/ledger.ts";
import type { LedgerEntry } from "../../shared/pipeline/records/ledger-entry.ts";
import type { LedgerState } from "../../shared/pipeline/records/ledger-state.ts";
import type { RecordFilter } from "./find-records.ts";
import { documentsOf, isMatch } from "./find-records.ts";

/** The conditions of a search for ledger entries. */
export interface EntrySelection extends RecordFilter {
  state: LedgerState;
  /** Absent: entries of every reaction. */
  reaction?: string;
}

/** A ledger entry without its event. */
export type FoundEntry = Omit<LedgerEntry, "event"> & { id: string };

/** Fields that a search reads. The event may be large and personal, so a search leaves it out. */
const SEARCHED_FIELDS = [
  "state",
  "by",
  "cause",
  "n",
  "step",
  "reason",
  "lane",
  "created_at_ms",
  "changed_at_ms",
  "due_at_ms",
];

/**
 * Reads one entry.
 * @returns undefined when there is none, and for a text that cannot be an id
 */
export async function findEntry(id: string): Promise<LedgerEntry | undefined> {
  return isId(id) ? readEntry(id) : undefined;
}

/**
 * Reads the entries of a selection, in the order of their ids.
 * Firestore selects by state and reaction, and this process compares the rest. An index on values that grow with time
 * would slow down every write to the ledger.
 */
export async function* findEntries(selection: EntrySelection): AsyncGenerator<FoundEntry> {
  const query = entriesOf(selection).select(...SEARCHED_FIELDS);
  for await (const entry of documentsOf<FoundEntry>(query)) if (isMatch(entry, selection)) yield entry;
}

function entriesOf({ state, reaction }: EntrySelection): Query {
  const all = firestore().collection(ledger.name).where("state", "==", state);
  return reaction === undefined ? all : all.where("by", "==", reaction);
}
