import type { Tally } from "../../rules/counting/daily-facts.ts";
import type { Finding } from "../closing/day-report-types.ts";

/** What only the night adds up. */
const NIGHTS_OWN = ["unreadable", "recovered_orders"];
const BROWSE = ["views", "searches"];

/**
 * Where the day's counters say something else than its events. Views and searches are compared once the roll-up has
 * counted all that was archived before the cut-off.
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
    .filter(name => !NIGHTS_OWN.includes(name) && (isBrowseCounted || !BROWSE.includes(name)))
    .map(name => ({ name, is: counted[name] ?? 0, shouldBe: expected[name] ?? 0 }))
    .filter(({ is, shouldBe }) => is !== shouldBe)
    .map(({ name, is, shouldBe }) => ({ kind: "counter", about: name, expected: shouldBe, found: is }));
}
