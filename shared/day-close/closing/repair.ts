import type { Collection } from "../../google/firestore.ts";
import { collection } from "../../google/firestore.ts";
import type { Work } from "../../pipeline/work.ts";
import { hashOf } from "../../values/ids.ts";
import type { ClosingKey } from "./day-closing.ts";
import { closingId } from "./day-closing.ts";
import type { Repair } from "./day-report-types.ts";

export const repairs = collection<Repair>("repairs");

/**
 * Repairs a document. The caller must have read the document in the same unit of work. A change after that read makes
 * the unit of work run again. Finding and repair are one commit, so a repair never hides its reason.
 */
export function repairDocument<T extends object>(
  of: Collection<T>,
  { id, before, after }: { id: string; before: T | undefined; after: T },
  { closing, work }: { closing: ClosingKey; work: Work },
): void {
  work.set(of, id, after);
  recordRepair({ target: `${of.name}/${id}`, before: before ?? null, after }, { closing, work });
}

/** Writes the record of a repair that this unit of work makes. */
export function recordRepair(
  { target, before, after }: { target: string; before: unknown; after: unknown },
  { closing, work }: { closing: ClosingKey; work: Work },
): void {
  const name = closingId(closing);
  const record: Repair = {
    closing: name,
    target,
    before: JSON.stringify(before),
    after: JSON.stringify(after),
    at_ms: work.nowMs,
  };
  work.set(repairs, hashOf(name, target), record);
}
