import { status } from "@grpc/grpc-js";
import { checkRange, durationMs, steppedBackoffMs } from "../delivery/settings.ts";
import { RpcError } from "../rpc-error.ts";
import { toWireTime } from "../wire-time.ts";
import type { WireQueue } from "./wire.ts";

/** The complete settings of a queue, times in milliseconds. */
export interface QueueSettings {
  maxDispatchesPerSecond: number;
  maxBurstSize: number;
  maxConcurrentDispatches: number;
  /** Attempts of a task; -1 means no limit. */
  maxAttempts: number;
  /** Time for attempts of a task; 0 means no limit. */
  maxRetryDurationMs: number;
  minBackoffMs: number;
  maxBackoffMs: number;
  maxDoublings: number;
}

/** The settings that `gcloud tasks queues create` sets by default. */
const DEFAULTS: QueueSettings = {
  maxDispatchesPerSecond: 500,
  maxBurstSize: 100,
  maxConcurrentDispatches: 1000,
  maxAttempts: 100,
  maxRetryDurationMs: 0,
  minBackoffMs: 100,
  maxBackoffMs: 3_600_000,
  maxDoublings: 16,
};

/**
 * Completes a queue's settings with Google's defaults.
 * @throws RpcError INVALID_ARGUMENT for values that Google refuses, UNIMPLEMENTED for App Engine
 */
export function completeSettings(queue: WireQueue): QueueSettings {
  const { rateLimits = {}, retryConfig = {}, appEngineRoutingOverride } = queue;
  if (appEngineRoutingOverride) {
    throw new RpcError(
      status.UNIMPLEMENTED,
      "The local Cloud Tasks calls no App Engine: leave out appEngineRoutingOverride.",
    );
  }
  const rate = rateLimits.maxDispatchesPerSecond || DEFAULTS.maxDispatchesPerSecond;
  const settings: QueueSettings = {
    maxDispatchesPerSecond: rate,
    // Google sets the burst, and shows 100 for its default rate. Here burst and rate have the same proportion.
    maxBurstSize: Math.max(1, Math.ceil((rate / DEFAULTS.maxDispatchesPerSecond) * DEFAULTS.maxBurstSize)),
    maxConcurrentDispatches: rateLimits.maxConcurrentDispatches || DEFAULTS.maxConcurrentDispatches,
    maxAttempts: retryConfig.maxAttempts || DEFAULTS.maxAttempts,
    maxRetryDurationMs: durationMs(retryConfig.maxRetryDuration, DEFAULTS.maxRetryDurationMs),
    minBackoffMs: durationMs(retryConfig.minBackoff, DEFAULTS.minBackoffMs),
    maxBackoffMs: durationMs(retryConfig.maxBackoff, DEFAULTS.maxBackoffMs),
    maxDoublings: retryConfig.maxDoublings ?? DEFAULTS.maxDoublings,
  };
  checkRange("Queue.rateLimits.maxDispatchesPerSecond", rate, [0, 500]);
  checkRange("Queue.rateLimits.maxConcurrentDispatches", settings.maxConcurrentDispatches, [1, 5000]);
  checkRange("Queue.retryConfig.maxAttempts", settings.maxAttempts, [-1, Number.MAX_SAFE_INTEGER]);
  checkRange("Queue.retryConfig.minBackoff", settings.minBackoffMs, [0, settings.maxBackoffMs]);
  return settings;
}

/** Returns a queue's settings as the API shows them. */
export function toWireQueue(name: string, settings: QueueSettings, state: "RUNNING" | "PAUSED"): WireQueue {
  return {
    name,
    state,
    rateLimits: {
      maxDispatchesPerSecond: settings.maxDispatchesPerSecond,
      maxBurstSize: settings.maxBurstSize,
      maxConcurrentDispatches: settings.maxConcurrentDispatches,
    },
    retryConfig: {
      maxAttempts: settings.maxAttempts,
      maxRetryDuration: toWireTime(settings.maxRetryDurationMs),
      minBackoff: toWireTime(settings.minBackoffMs),
      maxBackoff: toWireTime(settings.maxBackoffMs),
      maxDoublings: settings.maxDoublings,
    },
  };
}

/**
 * Returns the milliseconds from the end of a task's latest attempt to the next.
 * @returns undefined when the task is dropped; with two limits, a task is dropped once it exceeds both
 */
export function retryDelayMs(
  settings: QueueSettings,
  { attempts, ageMs }: { attempts: number; ageMs: number },
): number | undefined {
  const { maxAttempts, maxRetryDurationMs } = settings;
  const attemptsSpent = maxAttempts >= 0 && attempts >= maxAttempts;
  const timeSpent = maxRetryDurationMs === 0 || ageMs >= maxRetryDurationMs;
  const onlyTimeCounts = maxAttempts < 0 && maxRetryDurationMs > 0;
  if (onlyTimeCounts ? timeSpent : attemptsSpent && timeSpent) return undefined;
  return steppedBackoffMs(settings, attempts);
}
