import { ERASE_ORDERS, latePassOfOrder } from "../../shared/accounts/erase/erase-orders-run.ts";
import { ERASE_PERSON, latePass } from "../../shared/accounts/erase/erase-run.ts";
import { erasedOf, redacted } from "../../shared/accounts/erased.ts";
import { addressIn } from "../../shared/accounts/erased-order.ts";
import { browseIndexFields } from "../../shared/analytics/browse/index-fields.ts";
import { reconcileIndexFields } from "../../shared/day-close/reconcile/index-fields.ts";
import { catalogue } from "../../shared/events/catalogue.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { subjectOf } from "../../shared/events/envelope.ts";
import { hasPlausibleTime } from "../../shared/events/happened-at.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import { archivedEvents, archiveId } from "../../shared/pipeline/records/archived-event.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { emailHash } from "../../shared/values/ids.ts";

/**
 * Stores every accepted event once; events of an erased person or order are stored without personal data. The archived document
 * is its own dedupe document: one more document per browse event would double the bill.
 */
export const archive = reaction(
  "archive",
  Object.fromEntries([...catalogue.keys()].map(type => [type, storeEvent])),
  {
    dedupeDocument: event => ({ in: archivedEvents, id: archiveId(event) }),
    takesForeignFacts: true,
  },
);

async function storeEvent(event: PulseCartEvent, work: Work): Promise<void> {
  const erased = await erasedOf(event, work);
  const stored = erased ? redacted(event) : event;
  const address = erased ? undefined : addressIn(event);
  work.create(archivedEvents, archiveId(event), {
    event_type: event.event_type,
    event_id: event.event_id,
    producer: event.producer,
    subject: subjectOf(event),
    correlation_id: event.correlation_id,
    day: event.received_at.slice(0, 10),
    fingerprint: work.cause.fingerprint,
    event: JSON.stringify(stored),
    email_hash: address === undefined ? undefined : emailHash(address),
    is_time_implausible: hasPlausibleTime(event) ? undefined : true,
    ...browseIndexFields(event),
    ...reconcileIndexFields(event),
  });
  // Other reactions may have stored the unredacted event for a retry: a later pass of the erasure removes it.
  const { user_id, order_id } = event;
  if (erased === "person" && user_id !== undefined) work.timer(ERASE_PERSON, latePass(user_id, work.nowMs));
  if (erased === "order" && order_id !== undefined)
    work.timer(ERASE_ORDERS, latePassOfOrder(order_id, work.nowMs));
}
