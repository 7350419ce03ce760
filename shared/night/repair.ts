import { grpcStatus, grpcStatusOf } from "../errors.ts";
import type { Collection } from "../google/firestore.ts";
import { collection, documentRef, inBatch } from "../google/firestore.ts";
import { hashOf } from "../pipeline/ids.ts";
import { closingId } from "./night.ts";

/** What a night has put right: written with the repair itself, only ever added to, kept for good. */
export interface Repair {
  /** The closing: day and run. */
  closing: string;
  /** The document. */
  target: string;
  /** As JSON; null: there was none. */
  before: string;
  after: string;
  at_ms: number;
}

export const repairs = collection<Repair>("repairs");

/**
 * Puts a document right, if nobody has changed it since it was read: whoever did knows better, and the next night
 * looks again.
 * @param rightOf what it should be; undefined: what it is
 */
export async function repairDocument<T extends object>(
  of: Collection<T>,
  id: string,
  { day, run, nowMs }: { day: string; run: number; nowMs: number },
  rightOf: (before: T | undefined) => Promise<T | undefined>,
): Promise<void> {
  const ref = documentRef(of, id);
  const found = await ref.get();
  const before = found.data() as T | undefined;
  const after = await rightOf(before);
  if (after === undefined) return;
  const { updateTime: lastUpdateTime } = found;
  const target = `${of.name}/${id}`;
  const record: Repair = {
    closing: closingId({ day, run }),
    target,
    before: JSON.stringify(before ?? null),
    after: JSON.stringify(after),
    at_ms: nowMs,
  };
  try {
    await inBatch(batch => {
      if (lastUpdateTime) batch.update(ref, { ...after }, { lastUpdateTime });
      else batch.create(ref, after);
      batch.create(documentRef(repairs, hashOf(target, String(lastUpdateTime?.valueOf()))), record);
    });
  } catch (error) {
    if (!OVERTAKEN.some(status => status === grpcStatusOf(error))) throw error;
  }
}

/** It is not what was read, or this very commit was made and its answer lost. */
const OVERTAKEN = [grpcStatus.failedPrecondition, grpcStatus.alreadyExists, grpcStatus.notFound];
