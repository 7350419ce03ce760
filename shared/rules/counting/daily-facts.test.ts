import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { CountedFact, DayChange, Report, Tally } from "./daily-facts.ts";
import { countFact, mergedChanges, sumOf } from "./daily-facts.ts";

type Reported = { fact: number; report: Report; tally: Tally };

const START_MS = Date.parse("2026-11-20T00:00:00Z");

/** Of few facts many reports, on three days, that do not say the same. */
const arbReported: fc.Arbitrary<Reported> = fc
  .record({
    fact: fc.integer({ min: 0, max: 2 }),
    hour: fc.integer({ min: 0, max: 71 }),
    id: fc.constantFrom("ingest a", "ingest b", "orders a"),
  })
  .map(({ fact, hour, id }) => {
    const received_at_ms = START_MS + hour * 3_600_000;
    const day = new Date(received_at_ms).toISOString().slice(0, 10);
    // The same report says the same each time it comes.
    return { fact, report: { day, received_at_ms, id }, tally: { orders: 1, [`sales ${id}`]: hour + 1 } };
  });

function heard(reports: readonly Reported[]) {
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

test("counts each fact once, on the day of its earliest report, whatever order the reports come in", () => {
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
        const { facts, counters } = heard(shuffled);
        expect({ facts, counters }).toEqual(heard(reports));
        // What the counters say is what the facts say, added up.
        const whole = facts.map(([, { day, tally }]) => ({ day, tally }));
        expect(counters).toEqual(mergedChanges(whole).sort((a, b) => (a.day < b.day ? -1 : 1)));
        expect(sumOf(counters.map(({ tally }) => tally))["orders"] ?? 0).toBe(facts.length);
      },
    ),
  );
});
