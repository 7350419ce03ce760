import { archiveId } from "../../pipeline/records/archived-event.ts";
import type { Finding } from "./day-report-types.ts";

/** An archived document with the fields that its id is made of. */
interface ArchivedDocument {
  id: string;
  get(field: "producer" | "event_id" | "event_type"): unknown;
}

/**
 * Tells whether a document of the archive is no event of its own. The producer and the event id give the id of a
 * document. A document with another id is a copy.
 */
export function isCopy(document: ArchivedDocument): boolean {
  return (
    document.id !== archiveId({ producer: text(document, "producer"), event_id: text(document, "event_id") })
  );
}

/** Names a copy in the archive. No sum and no comparison counts it. */
export function copyFinding(document: ArchivedDocument): Finding {
  return {
    kind: "archive",
    about: `events/${document.id}`,
    expected: "one document per event",
    found: `a copy of ${text(document, "event_type")}`,
    events: [`${text(document, "producer")} ${text(document, "event_id")}`],
  };
}

function text(document: ArchivedDocument, field: "producer" | "event_id" | "event_type"): string {
  return String(document.get(field));
}
