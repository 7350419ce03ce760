import { expect, test } from "@jest/globals";
import { parseCron } from "./cron.ts";

/** Returns the next times after a moment, to the minute. The default moment is on a Friday. */
function nextTimes(schedule: string, count: number, from = "2026-11-20T13:51:17Z"): string[] {
  const cron = parseCron(schedule);
  const times: string[] = [];
  let ms = Date.parse(from);
  for (let place = 0; place < count; place += 1) {
    ms = cron.nextMs(ms);
    times.push(new Date(ms).toISOString().slice(0, 16));
  }
  return times;
}

test.each<[string, string[]]>([
  ["* * * * *", ["2026-11-20T13:52", "2026-11-20T13:53"]],
  ["*/20 * * * *", ["2026-11-20T14:00", "2026-11-20T14:20", "2026-11-20T14:40", "2026-11-20T15:00"]],
  ["51 13 * * *", ["2026-11-21T13:51"]],
  ["30,5 9-10 * * *", ["2026-11-21T09:05", "2026-11-21T09:30", "2026-11-21T10:05"]],
  ["0 8-20/6,23 * * *", ["2026-11-20T14:00", "2026-11-20T20:00", "2026-11-20T23:00", "2026-11-21T08:00"]],
  ["0 0 31 * *", ["2026-12-31T00:00", "2027-01-31T00:00", "2027-03-31T00:00"]],
  ["0 0 1 JAN,jul *", ["2027-01-01T00:00", "2027-07-01T00:00"]],
  ["0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00"]],
  ["30 4 * * MON-FRI/2", ["2026-11-23T04:30", "2026-11-25T04:30", "2026-11-27T04:30"]],
  ["0 0 * * 7", ["2026-11-22T00:00", "2026-11-29T00:00"]],
  ["0 0 * * 0", ["2026-11-22T00:00", "2026-11-29T00:00"]],
  ["  0   0 * *  SAT ", ["2026-11-21T00:00"]],
])("finds the next times of %p", (schedule, expected) => {
  expect(nextTimes(schedule, expected.length)).toEqual(expected);
});

test("matches either day field when both are restricted", () => {
  // A field that begins with a star is not restricted, so both fields must match.
  expect(nextTimes("0 0 1 * SAT", 4)).toEqual([
    "2026-11-21T00:00",
    "2026-11-28T00:00",
    "2026-12-01T00:00",
    "2026-12-05T00:00",
  ]);
  expect(nextTimes("0 0 */7 * SUN", 2)).toEqual(["2026-11-22T00:00", "2026-11-29T00:00"]);
  expect(nextTimes("0 0 13 * */5", 1)).toEqual(["2026-12-13T00:00"]);
});

test("returns a later time than the given one", () => {
  expect(nextTimes("51 13 * * *", 1, "2026-11-20T13:51:00.000Z")).toEqual(["2026-11-21T13:51"]);
  expect(nextTimes("51 13 * * *", 1, "2026-11-20T13:50:59.999Z")).toEqual(["2026-11-20T13:51"]);
});

test.each([
  "every 5 minutes",
  "* * * *",
  "* * * * * *",
  "60 * * * *",
  "* 24 * * *",
  "* * 0 * *",
  "* * 32 * *",
  "* * * 13 *",
  "* * * * 8",
  "* * * * MONDAY",
  "*/0 * * * *",
  "5/10 * * * *",
  "9-5 * * * *",
  "1-2-3 * * * *",
  "1,,2 * * * *",
  "-1 * * * *",
  "L * * * *",
  "* * L * *",
])("refuses %p with a sentence", schedule => {
  expect(() => parseCron(schedule)).toThrow(/^Job\.schedule .*: it must .*\.$/);
});

test("refuses an impossible date", () => {
  expect(() => parseCron("0 0 30 2 *")).toThrow("never comes");
  expect(() => parseCron("0 0 31 4,6,9,11 *")).toThrow("never comes");
});
