import { status } from "@grpc/grpc-js";
import { invalidArgument, RpcError } from "../rpc-error.ts";
import type { WireTime } from "../wire-time.ts";
import { fromWireTime, toWireTime } from "../wire-time.ts";
import type { WireQueue } from "./wire.ts";

/** A queue's settings with nothing left open; times in milliseconds. */
export interface QueueSettings {
  maxDispatchesPerSecond: number;
  maxBurstSize: number;
  maxConcurrentDispatches: number;
  /** -1: without limit. */
  maxAttempts: number;
  /** 0: without limit. */
  maxRetryDurationMs: number;
  minBackoffMs: number;
  maxBackoffMs: number;
  maxDoublings: number;
}

/** What gcloud tasks queues create sets when it is told nothing. */
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

/** Fills in Google's defaults. Throws INVALID_ARGUMENT for values it refuses, UNIMPLEMENTED for App Engine. */
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
    // Google picks the burst itself and shows 100 for its default rate: kept in that proportion.
    maxBurstSize: Math.max(1, Math.ceil((rate / DEFAULTS.maxDispatchesPerSecond) * DEFAULTS.maxBurstSize)),
    maxConcurrentDispatches: rateLimits.maxConcurrentDispatches || DEFAULTS.maxConcurrentDispatches,
    maxAttempts: retryConfig.maxAttempts || DEFAULTS.maxAttempts,
    maxRetryDurationMs: msOf(retryConfig.maxRetryDuration, DEFAULTS.maxRetryDurationMs),
    minBackoffMs: msOf(retryConfig.minBackoff, DEFAULTS.minBackoffMs),
    maxBackoffMs: msOf(retryConfig.maxBackoff, DEFAULTS.maxBackoffMs),
    maxDoublings: retryConfig.maxDoublings ?? DEFAULTS.maxDoublings,
  };
  checkRange("Queue.rateLimits.maxDispatchesPerSecond", rate, [0, 500]);
  checkRange("Queue.rateLimits.maxConcurrentDispatches", settings.maxConcurrentDispatches, [1, 5000]);
  checkRange("Queue.retryConfig.maxAttempts", settings.maxAttempts, [-1, Number.MAX_SAFE_INTEGER]);
  checkRange("Queue.retryConfig.minBackoff", settings.minBackoffMs, [0, settings.maxBackoffMs]);
  return settings;
}

/** The queue as the API shows it. */
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
 * Milliseconds from the end of a task's `attempts`th attempt to its next; undefined when it is given up: with
 * both limits set only once both are exceeded. Doubles maxDoublings times, then grows linearly, up to maxBackoff.
 */
export function retryDelayMs(
  settings: QueueSettings,
  { attempts, ageMs }: { attempts: number; ageMs: number },
): number | undefined {
  const { maxAttempts, maxRetryDurationMs, minBackoffMs, maxBackoffMs, maxDoublings } = settings;
  const attemptsSpent = maxAttempts >= 0 && attempts >= maxAttempts;
  const timeSpent = maxRetryDurationMs === 0 || ageMs >= maxRetryDurationMs;
  const onlyTimeCounts = maxAttempts < 0 && maxRetryDurationMs > 0;
  if (onlyTimeCounts ? timeSpent : attemptsSpent && timeSpent) return undefined;
  const doublings = Math.min(attempts - 1, maxDoublings);
  const steps = attempts - 1 - doublings;
  return Math.min(minBackoffMs * 2 ** doublings * (1 + steps), maxBackoffMs);
}

function msOf(duration: WireTime | undefined, defaultMs: number): number {
  return duration ? fromWireTime(duration) : defaultMs;
}

function checkRange(field: string, value: number, [least, most]: [number, number]): void {
  if (value >= least && value <= most) return;
  throw invalidArgument(`${field} is ${value}; it must be between ${least} and ${most}.`);
}
