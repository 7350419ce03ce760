import { segments } from "../../collections.ts";
import { updateSegment } from "../../customers/segment-change.ts";
import { firestore } from "../../google/firestore.ts";
import type { Work } from "../../pipeline/work.ts";
import type { PageStep } from "../closing/page-step.ts";

/** The owner of user.segment_changed. This step applies the owner's rule and announces in its name. */
const SEGMENTS = "segments";

/** Users per page. Each may announce a change, and all announcements are sent before the next page begins. */
const USERS_PER_PAGE = 50;

/** Moves users into the segment "lapsed" when their last payment is too old. No event reports that. */
export const lapseSegments: PageStep = async (_page, work) => {
  const due = firestore()
    .collection(segments.name)
    .where("lapses_at_ms", "<=", work.nowMs)
    .orderBy("lapses_at_ms")
    .limit(USERS_PER_PAGE)
    .select();
  const { docs } = await due.get();
  // The unit of work reads the records again: a payment may have arrived since the query.
  const records = await work.getAll(
    segments,
    docs.map(({ id }) => id),
  );
  const asOwner: Work = { ...work, emit: fact => work.emit(fact, SEGMENTS) };
  for (const record of records) if (record) updateSegment(record, record, asOwner);
  return { next: docs.length < USERS_PER_PAGE ? undefined : "more" };
};
