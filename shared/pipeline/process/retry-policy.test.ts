import { describe, expect, test } from "@jest/globals";
import { FirestoreTooSlow, PermanentError, PublishUnconfirmed } from "../../errors.ts";
import type { HttpRequest } from "../../http/handler.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../values/durations.ts";
import { decideFailure, isLastTry, MAX_FAILURES } from "./retry-policy.ts";

const unavailable = Object.assign(new Error("UNAVAILABLE"), { code: 14 });
const aborted = Object.assign(new Error("ABORTED"), { code: 10 });

describe("decideFailure", () => {
  test.each([
    [0, 10 * SECOND_MS],
    [1, MINUTE_MS],
    [2, 10 * MINUTE_MS],
    [3, HOUR_MS],
    [4, 6 * HOUR_MS],
  ])("defers after %i earlier failures by %i ms", (step, waitMs) => {
    expect(decideFailure(new Error("fails"), step)).toEqual({ kind: "defer", waitMs });
  });

  test("parks after the last retry", () => {
    expect(decideFailure(new Error("fails"), 5)).toEqual({ kind: "park" });
  });

  test.each([
    [new PermanentError("never"), { kind: "park" }],
    [new PublishUnconfirmed("slow"), { kind: "refuse" }],
    [new FirestoreTooSlow("slow"), { kind: "refuse" }],
    [unavailable, { kind: "refuse" }],
    [aborted, { kind: "defer", waitMs: 10 * SECOND_MS }],
    ["a thrown text", { kind: "defer", waitMs: 10 * SECOND_MS }],
  ])("decides %p as %p on the first failure", (error, decision) => {
    expect(decideFailure(error, 0)).toEqual(decision);
  });
});

describe("isLastTry", () => {
  test.each([
    [new Error("fails"), undefined, false],
    [new Error("fails"), MAX_FAILURES - 1, false],
    [new Error("fails"), MAX_FAILURES, true],
    [unavailable, MAX_FAILURES, false],
    [new PermanentError("never"), undefined, true],
  ])("decides about the last try: %p after %p retries is %p", (error, retries, isLast) => {
    const headers = retries === undefined ? {} : { "x-cloudtasks-taskretrycount": String(retries) };
    expect(isLastTry(error, { headers } as unknown as HttpRequest)).toBe(isLast);
  });
});
