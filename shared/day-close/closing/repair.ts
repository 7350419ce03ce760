import type { Collection } from "../../google/firestore.ts";
import { collection } from "../../google/firestore.ts";
import type { Work } from "../../pipeline/work.ts";
import { hashOf } from "../../values/ids.ts";
import type { Closing } from "./day-closing.ts";
import { closingId } from "./day-closing.ts";
import type { Repair } from "./day-report-types.ts";

export const repairs = collection<Repair>("repairs");

/**
 * Puts a document right. Whoever calls has read it in this very unit of work: if somebody changes it meanwhile, all
 * of it runs again. What was found is committed with it, so a repair never hides what it was made for.
 */
export function repairDocument<T extends object>(
  of: Collection<T>,
  { id, before, after }: { id: string; before: T | undefined; after: T },
  { closing, work }: { closing: Pick<Closing, "day" | "run">; work: Work },
): void {
  work.set(of, id, after);
  recordRepair({ target: `${of.name}/${id}`, before: before ?? null, after }, { closing, work });
}

/** Keeps on record what this unit of work puts right. */
export function recordRepair(
  { target, before, after }: { target: string; before: unknown; after: unknown },
  { closing, work }: { closing: Pick<Closing, "day" | "run">; work: Work },
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
