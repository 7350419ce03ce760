import { ERASE_PERSON, lateLook } from "../../shared/accounts/erase/erase-run.ts";
import { asMayBeKept } from "../../shared/accounts/erased.ts";
import { browseIndexFields } from "../../shared/analytics/traffic/index-fields.ts";
import { reconcileIndexFields } from "../../shared/day-close/reconcile/index-fields.ts";
import { catalogue } from "../../shared/events/catalogue.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { subjectOf } from "../../shared/events/envelope.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import { archivedEvents, archiveId } from "../../shared/pipeline/records/archived-event.ts";
import type { Work } from "../../shared/pipeline/work.ts";

/**
 * Keeps every event; of an erased person only what happened. The archived document is its own mark: with the flood
 * of views and searches, one more document per event would double the bill.
 */
export const archive = reaction(
  "archive",
  Object.fromEntries([...catalogue.keys()].map(type => [type, keep])),
  { dedupeDocument: event => ({ in: archivedEvents, id: archiveId(event) }) },
);

async function keep(event: PulseCartEvent, work: Work): Promise<void> {
  const kept = await asMayBeKept(event, work);
  work.create(archivedEvents, archiveId(event), {
    event_type: event.event_type,
    event_id: event.event_id,
    producer: event.producer,
    subject: subjectOf(event),
    correlation_id: event.correlation_id,
    day: event.received_at.slice(0, 10),
    fingerprint: work.cause.fingerprint,
    event: JSON.stringify(kept),
    ...browseIndexFields(event),
    ...reconcileIndexFields(event),
  });
  // Others may have to keep it for their next try.
  if (kept !== event && event.user_id !== undefined)
    work.timer(ERASE_PERSON, lateLook(event.user_id, work.nowMs));
}
