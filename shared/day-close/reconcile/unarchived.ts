import { documentRef, firestore } from "../../google/firestore.ts";
import { archivedEvents, archiveId } from "../../pipeline/records/archived-event.ts";
import type { LedgerEntry } from "../../pipeline/records/ledger-entry.ts";
import type { Finding } from "../closing/day-report-types.ts";

/**
 * Finds the ledger entries whose event the archive does not hold. The finding names no reaction. All
 * reactions to one lost event report the same finding, which the report lists once.
 */
export async function unarchived(entries: readonly Pick<LedgerEntry, "cause">[]): Promise<Finding[]> {
  if (entries.length === 0) return [];
  const refs = entries.map(({ cause: { producer, id } }) =>
    documentRef(archivedEvents, archiveId({ producer, event_id: id })),
  );
  const found = await firestore().getAll(...refs, { fieldMask: ["event_type"] });
  return entries
    .filter((_, index) => !found[index]?.exists)
    .map(({ cause: { event_type, subject, producer, id } }) => ({
      kind: "never archived",
      about: `${event_type} of ${subject}`,
      expected: "an archived event",
      found: "none, but a ledger entry of a reaction that handled the event",
      events: [`${producer} ${id}`],
    }));
}
