import { expect, test } from "@jest/globals";
import { happenedAt } from "./happened-at.ts";

const EARLY = "2026-11-20T10:00:00.000Z";
const LATE = "2026-11-20T10:00:01.000Z";

test.each([
  ["the producer's time of a late report", { timestamp: EARLY, received_at: LATE }],
  ["ingest's time when the producer's clock runs ahead", { timestamp: LATE, received_at: EARLY }],
])("returns %s", (_what, event) => {
  expect(happenedAt(event)).toBe(Date.parse(EARLY));
});
