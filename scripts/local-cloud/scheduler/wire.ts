import type { WireTime } from "../wire-time.ts";

/** The parts of google.cloud.scheduler.v1 that the emulator reads and writes, as grpc.ts delivers them. */
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
  /** google.rpc.Status of the last attempt: absent before the first, without a code when it succeeded. */
  status?: { code?: number; message?: string };
  scheduleTime?: WireTime;
  lastAttemptTime?: WireTime;
  retryConfig?: RetryConfig;
  attemptDeadline?: WireTime;
}

export type JobState = "ENABLED" | "PAUSED";

export interface HttpTarget {
  uri?: string;
  httpMethod?: string;
  headers?: Record<string, string>;
  body?: Buffer;
  oidcToken?: { serviceAccountEmail?: string; audience?: string };
  oauthToken?: unknown;
}

export interface RetryConfig {
  retryCount?: number;
  maxRetryDuration?: WireTime;
  minBackoffDuration?: WireTime;
  maxBackoffDuration?: WireTime;
  maxDoublings?: number;
}
