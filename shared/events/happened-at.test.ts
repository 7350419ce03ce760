import { expect, test } from "@jest/globals";
import { happenedAt, hasPlausibleTime } from "./happened-at.ts";

const EARLY = "2026-11-20T10:00:00.000Z";
const LATE = "2026-11-20T10:00:01.000Z";

test.each([
  ["the producer's time of a late report", { timestamp: EARLY, received_at: LATE }],
  ["ingest's time when the producer's clock runs ahead", { timestamp: LATE, received_at: EARLY }],
  ["ingest's time for year 1", { timestamp: "0001-01-01T00:00:00.000Z", received_at: EARLY }],
  ["ingest's time for 1999", { timestamp: "1999-12-31T23:59:59.999Z", received_at: EARLY }],
  ["ingest's time for year 9999", { timestamp: "9999-12-31T23:59:59.999Z", received_at: EARLY }],
])("returns %s", (_what, event) => {
  expect(happenedAt(event)).toBe(Date.parse(EARLY));
});

test("returns the producer's time from the first moment of 2000 on", () => {
  const event = { timestamp: "2000-01-01T00:00:00.000Z", received_at: EARLY };
  expect(happenedAt(event)).toBe(Date.parse(event.timestamp));
});

test.each([
  ["1999-12-31T23:59:59.999Z", false],
  ["2000-01-01T00:00:00.000Z", true],
  ["2026-11-21T10:00:00.000Z", true],
  ["2026-11-21T10:00:00.001Z", false],
])("judges whether %s is believable", (timestamp, isPlausible) => {
  expect(hasPlausibleTime({ timestamp, received_at: EARLY })).toBe(isPlausible);
});
