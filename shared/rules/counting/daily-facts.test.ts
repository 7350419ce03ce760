import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { HOUR_MS } from "../../values/durations.ts";
import type { CountedFact, DayChange, FactReport, Tally } from "./daily-facts.ts";
import { countFact, mergedChanges, sumTallies } from "./daily-facts.ts";

type Reported = { fact: number; report: FactReport; tally: Tally };

const FIRST_DAY_MS = Date.parse("2026-11-20T00:00:00Z");

/** Reports of three facts on three days. Reports of one fact differ. */
const arbReported: fc.Arbitrary<Reported> = fc
  .record({
    fact: fc.integer({ min: 0, max: 2 }),
    hour: fc.integer({ min: 0, max: 71 }),
    id: fc.constantFrom("ingest a", "ingest b", "orders a"),
  })
  .map(({ fact, hour, id }) => {
    const received_at_ms = FIRST_DAY_MS + hour * HOUR_MS;
    const day = new Date(received_at_ms).toISOString().slice(0, 10);
    // Two deliveries of one report have the same tally.
    return { fact, report: { day, received_at_ms, id }, tally: { orders: 1, [`sales ${id}`]: hour + 1 } };
  });

function countAll(reports: readonly Reported[]) {
  const known = new Map<number, CountedFact>();
  const changes: DayChange[] = [];
  for (const { fact, report, tally } of reports) {
    const counted = countFact(known.get(fact), report, tally);
    if (!counted) continue;
    known.set(fact, counted.after);
    changes.push(...counted.changes);
  }
  const counters = mergedChanges(changes).sort((a, b) => (a.day < b.day ? -1 : 1));
  return { facts: [...known].sort(([a], [b]) => a - b), counters };
}

test("counts each fact once, on the day of its earliest report", () => {
  const arbReports = fc.array(arbReported, { maxLength: 12 });
  fc.assert(
    fc.property(
      arbReports.chain(reports =>
        fc.tuple(
          fc.constant(reports),
          fc.shuffledSubarray([...reports, ...reports], { minLength: reports.length * 2 }),
        ),
      ),
      ([reports, shuffled]) => {
        const { facts, counters } = countAll(shuffled);
        expect({ facts, counters }).toEqual(countAll(reports));
        // The counters are the sums of the facts.
        const whole = facts.map(([, { day, tally }]) => ({ day, tally }));
        expect(counters).toEqual(mergedChanges(whole).sort((a, b) => (a.day < b.day ? -1 : 1)));
        expect(sumTallies(counters.map(({ tally }) => tally))["orders"] ?? 0).toBe(facts.length);
      },
    ),
  );
});
