import { segments } from "../../collections.ts";
import { updateSegment } from "../../customers/segment-change.ts";
import { firestore } from "../../google/firestore.ts";
import type { Work } from "../../pipeline/work.ts";
import type { Step } from "../closing/step.ts";

/** Who owns what is announced here: it is the reaction's rule that is applied. */
const SEGMENTS = "segments";

/** Each may announce a change: they are sent before the next page begins. */
const PAGE = 50;

/** Moves those into the segment "lapsed" whose last payment is too long ago: nothing else tells them apart. */
export const lapseSegments: Step = async (_page, work) => {
  const due = firestore()
    .collection(segments.name)
    .where("lapses_at_ms", "<=", work.nowMs)
    .orderBy("lapses_at_ms")
    .limit(PAGE)
    .select();
  const { docs } = await due.get();
  // Read again in the unit of work: a payment may have come in between.
  const records = await work.getAll(
    segments,
    docs.map(({ id }) => id),
  );
  const asOwner: Work = { ...work, emit: fact => work.emit(fact, SEGMENTS) };
  for (const record of records) if (record) updateSegment(record, record, asOwner);
  return { sums: new Map(), next: docs.length < PAGE ? undefined : "more" };
};
