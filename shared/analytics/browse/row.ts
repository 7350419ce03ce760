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
