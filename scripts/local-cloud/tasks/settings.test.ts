import { expect, test } from "@jest/globals";
import { completeSettings, retryDelayMs } from "./settings.ts";
import type { RetryConfig } from "./wire.ts";

const settingsOf = (retryConfig: RetryConfig) => completeSettings({ name: "q", retryConfig });

test("doubles the delay, then grows it linearly up to the maximum", () => {
  // The example in Google's documentation of RetryConfig.
  const settings = settingsOf({ minBackoff: { seconds: 10 }, maxBackoff: { seconds: 300 }, maxDoublings: 3 });
  const delays = [1, 2, 3, 4, 5, 6, 7, 8].map(attempts => retryDelayMs(settings, { attempts, ageMs: 0 }));
  expect(delays).toEqual([10, 20, 40, 80, 160, 240, 300, 300].map(seconds => seconds * 1000));
});

test.each([
  ["attempts alone", { maxAttempts: 3 }, { attempts: 2, ageMs: 1e9 }, true],
  ["attempts alone", { maxAttempts: 3 }, { attempts: 3, ageMs: 0 }, false],
  [
    "both, one not spent",
    { maxAttempts: 3, maxRetryDuration: { seconds: 60 } },
    { attempts: 9, ageMs: 59_000 },
    true,
  ],
  [
    "both, the other not spent",
    { maxAttempts: 3, maxRetryDuration: { seconds: 60 } },
    { attempts: 2, ageMs: 99_000 },
    true,
  ],
  [
    "both, both spent",
    { maxAttempts: 3, maxRetryDuration: { seconds: 60 } },
    { attempts: 3, ageMs: 60_000 },
    false,
  ],
  ["no limit", { maxAttempts: -1 }, { attempts: 1e6, ageMs: 1e12 }, true],
  [
    "time alone",
    { maxAttempts: -1, maxRetryDuration: { seconds: 60 } },
    { attempts: 2, ageMs: 60_000 },
    false,
  ],
])("limits retries by %s: %o after %o, retries: %s", (_, retryConfig, spent, again) => {
  expect(retryDelayMs(settingsOf(retryConfig), spent) !== undefined).toBe(again);
});

test.each([{ maxDispatchesPerSecond: 501 }, { maxConcurrentDispatches: 5001 }])("refuses %o", rateLimits => {
  expect(() => completeSettings({ name: "q", rateLimits })).toThrow("must be between");
});
