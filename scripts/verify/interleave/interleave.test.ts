import { describe, expect, test } from "@jest/globals";
import { runTrip, runTrips } from "./run-trips.ts";

describe("2,000 shopping trips", () => {
  const faults: string[] = [];
  const reminders = runTrips({ seed: 1, times: 2_000 }, ({ seed, faults: found }) =>
    faults.push(`seed ${seed}: ${found.join("; ")}`),
  );

  test("neither remind after a purchase, nor deliver twice, nor forget a cart", () => {
    expect(faults).toEqual([]);
  });

  test("reach every final state of a reminder often", () => {
    expect(reminders).toEqual({
      sent: expect.any(Number),
      skipped: expect.any(Number),
      unknown: expect.any(Number),
    });
    expect(Math.min(...Object.values(reminders))).toBeGreaterThan(20);
  });
});

test("finds a reminder after the purchase when the guard is missing", () => {
  const unguarded = Array.from({ length: 200 }, (_, seed) => runTrip(seed, true));
  expect(unguarded.flatMap(({ faults }) => faults).join()).toContain("after the purchase");
});
