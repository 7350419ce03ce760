import type { Timestamp } from "../../google/firestore.ts";
import { timestamp } from "../../google/firestore.ts";
import { DAY_MS } from "../../values/durations.ts";
import { hashOf } from "../../values/ids.ts";

/** Retention of a day's rows: 400 days, to compare a day with the same day of the year before. */
const ROW_KEPT_MS = 400 * DAY_MS;

/** Returns the id and the expiry of the row of a product or a search term on a day. */
export function browseRow(day: string, name: string): { id: string; expires_at: Timestamp } {
  return { id: hashOf(day, name), expires_at: timestamp(Date.parse(day) + ROW_KEPT_MS) };
}

/**
 * Retention of the row of a term that few people searched for: 3 days from the start of its day. The roll-up counts
 * a search minutes after its receipt. Two more days are left for a roll-up that stood still.
 */
const HIDDEN_ROW_KEPT_MS = 3 * DAY_MS;

/** Returns the expiry of the row of a day's term that is not kept in clear. */
export function hiddenRowExpiry(day: string): Timestamp {
  return timestamp(Date.parse(day) + HIDDEN_ROW_KEPT_MS);
}
