import type { Timestamp } from "../../google/firestore.ts";
import { timestamp } from "../../google/firestore.ts";
import { hashOf } from "../../values/ids.ts";

/** A day can be compared with the same one of the year before. A shop is asked for more terms than it has products. */
const KEPT_MS = 400 * 24 * 60 * 60 * 1000;

/** The document of a product, or a term, on a day: its id, and when it may go. */
export function browseRow(day: string, name: string): { id: string; expires_at: Timestamp } {
  return { id: hashOf(day, name), expires_at: timestamp(Date.parse(day) + KEPT_MS) };
}
