import type { Tally } from "../../rules/counting/daily-facts.ts";
import type { Finding } from "../closing/day-report-types.ts";

/** Numbers that only the day close adds up; no counter holds them. */
const DAY_CLOSE_ONLY = [
  "unreadable",
  "recovered_orders",
  "recovered_earlier",
  "searches_with_count",
  "searches_without_result",
];
/** Counters that the roll-up adds up. */
export const BROWSE_COUNTERS = ["views", "searches"];

/**
 * Finds the counters of a day that differ from its events.
 * @param isBrowseCounted true when the roll-up has counted all events before the cut-off; otherwise views and searches
 * are left out
 */
export function counterFindings({
  expected,
  counted,
  isBrowseCounted,
}: {
  expected: Tally;
  counted: Tally;
  isBrowseCounted: boolean;
}): Finding[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(counted)])].sort();
  return names
    .filter(name => !DAY_CLOSE_ONLY.includes(name) && (isBrowseCounted || !BROWSE_COUNTERS.includes(name)))
    .map(name => ({ name, is: counted[name] ?? 0, shouldBe: expected[name] ?? 0 }))
    .filter(({ is, shouldBe }) => is !== shouldBe)
    .map(({ name, is, shouldBe }) => ({ kind: "counter", about: name, expected: shouldBe, found: is }));
}
