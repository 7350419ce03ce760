import type { Transaction } from "../../google/firestore.ts";
import { collection, documentRef } from "../../google/firestore.ts";
import type { Lane } from "./lane.ts";

export const lanes = collection<Lane>("lanes");

export async function readLane(id: string, transaction: Transaction): Promise<Lane | undefined> {
  const snapshot = await transaction.get(documentRef(lanes, id));
  return snapshot.data() as Lane | undefined;
}

/** Writes a lane; an empty lane is deleted, because an existing lane makes new events wait. */
export function writeLane(id: string, lane: Lane | undefined, transaction: Transaction): void {
  if (lane) transaction.set(documentRef(lanes, id), lane);
  else transaction.delete(documentRef(lanes, id));
}
