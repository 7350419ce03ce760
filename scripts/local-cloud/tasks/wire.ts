import type { WireHttpRequest } from "../delivery/http-request.ts";
import type { WireTime } from "../wire-time.ts";

// The parts of google.cloud.tasks.v2 that the emulator reads and writes. An absent field has protobuf's default.

export interface WireQueue {
  name: string;
  rateLimits?: { maxDispatchesPerSecond?: number; maxBurstSize?: number; maxConcurrentDispatches?: number };
  retryConfig?: RetryConfig;
  state?: "RUNNING" | "PAUSED";
  purgeTime?: WireTime;
  appEngineRoutingOverride?: unknown;
  stackdriverLoggingConfig?: { samplingRatio?: number };
}

export interface RetryConfig {
  maxAttempts?: number;
  maxRetryDuration?: WireTime;
  minBackoff?: WireTime;
  maxBackoff?: WireTime;
  maxDoublings?: number;
}

export interface HttpRequest extends WireHttpRequest {
  url?: string;
}

export interface Attempt {
  scheduleTime?: WireTime;
  dispatchTime?: WireTime;
  responseTime?: WireTime;
  responseStatus?: { code: number; message: string };
}

export interface WireTask {
  name?: string;
  httpRequest?: HttpRequest;
  appEngineHttpRequest?: unknown;
  scheduleTime?: WireTime;
  createTime?: WireTime;
  dispatchDeadline?: WireTime;
  dispatchCount?: number;
  responseCount?: number;
  firstAttempt?: Attempt;
  lastAttempt?: Attempt;
  view?: "BASIC" | "FULL";
}
