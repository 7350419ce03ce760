import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { log } from "./log.ts";

let written: jest.SpiedFunction<typeof process.stdout.write>;
beforeEach(() => {
  process.env["GCP_PROJECT_ID"] = "shop";
  process.env["CALLER_AUTH"] = "iam";
  written = jest.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(() => written.mockRestore());

const line = () => JSON.parse(String(written.mock.calls[0]?.[0]));

test("writes one line with the trace fields of Cloud Logging", () => {
  log("INFO", "reaction.finished", {
    outcome: "done",
    traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
  });
  expect(String(written.mock.calls[0]?.[0])).toMatch(/^[^\n]*\n$/);
  expect(line()).toEqual({
    severity: "INFO",
    message: "reaction.finished",
    outcome: "done",
    "logging.googleapis.com/trace": `projects/shop/traces/${"a".repeat(32)}`,
    "logging.googleapis.com/spanId": "b".repeat(16),
    "logging.googleapis.com/trace_sampled": true,
  });
});

test("writes an error with its stack and drops an invalid trace", () => {
  log("ERROR", "it.failed", { error: new Error("no stock"), traceparent: "nonsense" });
  expect(line()).toEqual({
    severity: "ERROR",
    message: "it.failed",
    stack: expect.stringMatching(/^Error: no stock\n\s+at /),
  });
});
