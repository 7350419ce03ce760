import type { WireHttpRequest } from "../delivery/http-request.ts";
import type { WireTime } from "../wire-time.ts";

// The parts of google.cloud.scheduler.v1 that the emulator reads and writes. An absent field has protobuf's default.

export interface WireJob {
  name?: string;
  description?: string;
  httpTarget?: HttpTarget;
  pubsubTarget?: unknown;
  appEngineHttpTarget?: unknown;
  schedule?: string;
  timeZone?: string;
  userUpdateTime?: WireTime;
  state?: JobState;
  /** The google.rpc.Status of the last attempt; without a code the attempt succeeded. Absent before the first. */
  status?: { code?: number; message?: string };
  scheduleTime?: WireTime;
  lastAttemptTime?: WireTime;
  retryConfig?: JobRetryConfig;
  attemptDeadline?: WireTime;
}

export type JobState = "ENABLED" | "PAUSED";

export interface HttpTarget extends WireHttpRequest {
  uri?: string;
}

export interface JobRetryConfig {
  retryCount?: number;
  maxRetryDuration?: WireTime;
  minBackoffDuration?: WireTime;
  maxBackoffDuration?: WireTime;
  maxDoublings?: number;
}
