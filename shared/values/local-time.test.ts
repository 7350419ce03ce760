import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { HOUR_MS } from "./durations.ts";
import { localTime, quietUntil } from "./local-time.ts";

const at = (text: string) => Date.parse(text);

test.each([
  ["UTC", "2026-11-20T21:59:59Z", undefined],
  ["UTC", "2026-11-20T22:00:00Z", "2026-11-21T08:00:00Z"],
  ["UTC", "2026-11-21T07:59:59.999Z", "2026-11-21T08:00:00Z"],
  ["UTC", "2026-11-21T08:00:00Z", undefined],
  ["Asia/Tokyo", "2026-11-20T13:30:00Z", "2026-11-20T23:00:00Z"],
  ["America/New_York", "2026-11-20T12:30:00Z", "2026-11-20T13:00:00Z"],
  ["Asia/Kathmandu", "2026-11-20T20:00:00Z", "2026-11-21T02:15:00Z"],
  ["nowhere/at-all", "2026-11-20T22:00:00Z", "2026-11-21T08:00:00Z"],
  // Clocks go forward on 2026-03-28 and 2026-03-08 (an hour less), and back on 2026-10-24 and 2026-11-01.
  ["Europe/Berlin", "2026-03-28T21:30:00Z", "2026-03-29T06:00:00Z"],
  ["Europe/Berlin", "2026-10-24T21:30:00Z", "2026-10-25T07:00:00Z"],
  ["America/New_York", "2026-03-08T05:00:00Z", "2026-03-08T12:00:00Z"],
  ["America/New_York", "2026-11-01T05:00:00Z", "2026-11-01T13:00:00Z"],
])("finds in %s at %s the end %s", (zone, now, until) => {
  const end = quietUntil(at(now), zone);
  expect(end && new Date(end).toISOString()).toBe(until && new Date(until).toISOString());
});

test("ends quiet hours at eight local time, quiet until then", () => {
  const zone = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
  const moment = fc.integer({ min: at("2015-01-01T00:00:00Z"), max: at("2035-01-01T00:00:00Z") });
  const share = fc.integer({ min: 0, max: 99 });
  fc.assert(
    fc.property(zone, moment, share, (timeZone, ms, part) => {
      const end = quietUntil(ms, timeZone);
      if (end === undefined) return;
      expect(end - ms).toBeGreaterThan(0);
      expect(end - ms).toBeLessThanOrEqual(13 * HOUR_MS);
      expect(quietUntil(end, timeZone)).toBeUndefined();
      expect(localTime(end, timeZone).minutes).toBe(8 * 60);
      expect(quietUntil(ms + Math.floor(((end - ms) * part) / 100), timeZone)).toBe(end);
    }),
    { numRuns: 400 },
  );
});

test("returns the day of the local calendar", () => {
  expect(localTime(at("2026-11-20T23:30:00Z"), "Pacific/Auckland").day).toBe("2026-11-21");
  expect(localTime(at("2026-11-20T03:30:00Z"), "America/Los_Angeles").day).toBe("2026-11-19");
});
