import { segments } from "../collections.ts";
import { config } from "../config.ts";
import type { Work } from "../pipeline/work.ts";
import type { SegmentRecord, SegmentTerms } from "../rules/customer/segment.ts";
import { segmentNow, VIP_SPENT } from "../rules/customer/segment.ts";
import { toMinor } from "../values/money.ts";

/**
 * Computes the current segment of a record, writes the record and announces a change of segment. When
 * a segment lapses by time, both arguments are the stored record: `updateSegment(record, record, work)`.
 * @param before the record as stored
 * @param counted the record after an order was counted
 */
export function updateSegment(before: SegmentRecord, counted: SegmentRecord, work: Work): void {
  const after = segmentNow(counted, segmentTerms(work.nowMs));
  const { user_id, segment } = after;
  work.set(segments, user_id, after);
  if (segment === before.segment) return;
  work.emit({
    event_type: "user.segment_changed",
    user_id,
    payload: { segment, previous_segment: before.segment },
  });
}

/** Returns the terms by which a segment is derived at a time, in the shop's own currency. */
export function segmentTerms(nowMs: number): SegmentTerms {
  const currency = config().defaultCurrency;
  const amountMinor = toMinor(VIP_SPENT, currency) ?? Number.POSITIVE_INFINITY;
  return { nowMs, vipSpent: { amount_minor: amountMinor, currency } };
}
