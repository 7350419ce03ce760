import { checkBodyMethod, headerBytes, isHttpUrl } from "../delivery/http-request.ts";
import { checkRange, durationMs, steppedBackoffMs } from "../delivery/settings.ts";
import { MINUTE_MS, SECOND_MS } from "../durations.ts";
import { invalidArgument } from "../rpc-error.ts";
import { toWireTime } from "../wire-time.ts";
import type { Cron } from "./cron.ts";
import { parseCron } from "./cron.ts";
import type { HttpTarget, WireJob } from "./wire.ts";

/** The complete settings of a job, times in milliseconds. */
export interface JobSettings {
  description: string;
  schedule: string;
  cron: Cron;
  target: HttpTarget & { uri: string; httpMethod: string };
  /** Min retries of a failed execution before the execution is dropped; 0 means no retry. */
  retryCount: number;
  /** Min time of retries before a failed execution is dropped; 0 leaves the decision to `retryCount`. */
  maxRetryDurationMs: number;
  minBackoffMs: number;
  maxBackoffMs: number;
  maxDoublings: number;
  attemptDeadlineMs: number;
}

/** Defaults and limits of RetryConfig and Job. Source: google/cloud/scheduler/v1/job.proto. */
const BACKOFF_DEFAULTS = { minBackoffMs: 5 * SECOND_MS, maxBackoffMs: 60 * MINUTE_MS, maxDoublings: 5 };
const MAX_RETRIES = 5;
const DEFAULT_DEADLINE_MS = 3 * MINUTE_MS;
const DEADLINE_RANGE_MS = { least: 15 * SECOND_MS, most: 30 * MINUTE_MS };
const MAX_DESCRIPTION_LENGTH = 500;
/** Limits of a target. Source: google/cloud/scheduler/v1/target.proto, HttpTarget. */
const MAX_URI_LENGTH = 2083;
const MAX_HEADER_BYTES = 80 * 1024;
/** The only time zone of this emulator. Google shows the name of the tz database. */
const UTC = "Etc/UTC";

/**
 * Completes a job's settings with Google's defaults.
 * @throws RpcError INVALID_ARGUMENT for settings that Google refuses, or that the emulator does not support
 */
export function completeSettings(job: WireJob): JobSettings {
  const { schedule = "", description = "", timeZone = UTC, retryConfig = {}, attemptDeadline } = job;
  if (!/^(etc\/)?utc$/i.test(timeZone || UTC)) {
    throw invalidArgument(`Job.timeZone is "${timeZone}": the local Cloud Scheduler has only ${UTC}.`);
  }
  if (description.length > MAX_DESCRIPTION_LENGTH) {
    throw invalidArgument(`Job.description is longer than ${MAX_DESCRIPTION_LENGTH} characters.`);
  }
  const settings: JobSettings = {
    description,
    schedule,
    cron: parseCron(schedule),
    target: checkTarget(job),
    retryCount: retryConfig.retryCount ?? 0,
    maxRetryDurationMs: durationMs(retryConfig.maxRetryDuration, 0),
    minBackoffMs: durationMs(retryConfig.minBackoffDuration, BACKOFF_DEFAULTS.minBackoffMs),
    maxBackoffMs: durationMs(retryConfig.maxBackoffDuration, BACKOFF_DEFAULTS.maxBackoffMs),
    maxDoublings: retryConfig.maxDoublings || BACKOFF_DEFAULTS.maxDoublings,
    attemptDeadlineMs: durationMs(attemptDeadline, DEFAULT_DEADLINE_MS),
  };
  const { least, most } = DEADLINE_RANGE_MS;
  checkRange("Job.attemptDeadline (ms)", settings.attemptDeadlineMs, [least, most]);
  checkRange("RetryConfig.retryCount", settings.retryCount, [0, MAX_RETRIES]);
  checkRange("RetryConfig.maxRetryDuration (ms)", settings.maxRetryDurationMs, [0, Number.MAX_SAFE_INTEGER]);
  checkRange("RetryConfig.minBackoffDuration (ms)", settings.minBackoffMs, [0, settings.maxBackoffMs]);
  checkRange("RetryConfig.maxDoublings", settings.maxDoublings, [0, Number.MAX_SAFE_INTEGER]);
  return settings;
}

/** Returns the settings as the API shows them. */
export function toWireSettings(settings: JobSettings): WireJob {
  return {
    description: settings.description,
    httpTarget: settings.target,
    schedule: settings.schedule,
    timeZone: UTC,
    retryConfig: {
      retryCount: settings.retryCount,
      maxRetryDuration: toWireTime(settings.maxRetryDurationMs),
      minBackoffDuration: toWireTime(settings.minBackoffMs),
      maxBackoffDuration: toWireTime(settings.maxBackoffMs),
      maxDoublings: settings.maxDoublings,
    },
    attemptDeadline: toWireTime(settings.attemptDeadlineMs),
  };
}

/**
 * Returns the milliseconds from the end of an execution's latest attempt to the next.
 * @returns undefined when the execution is dropped: without retries at once, else when both limits are reached
 */
export function retryDelayMs(
  settings: JobSettings,
  { attempts, ageMs }: { attempts: number; ageMs: number },
): number | undefined {
  const { retryCount, maxRetryDurationMs } = settings;
  if (retryCount === 0 || (attempts > retryCount && ageMs >= maxRetryDurationMs)) return undefined;
  return steppedBackoffMs(settings, attempts);
}

function checkTarget({ httpTarget, pubsubTarget, appEngineHttpTarget }: WireJob): JobSettings["target"] {
  if (pubsubTarget || appEngineHttpTarget || !httpTarget) {
    throw invalidArgument(
      "Job.target must be an httpTarget: the local Cloud Scheduler supports no Pub/Sub and no App Engine targets.",
    );
  }
  if (httpTarget.oauthToken) {
    throw invalidArgument("The local Cloud Scheduler supports no OAuth tokens: use HttpTarget.oidcToken.");
  }
  const { uri = "", httpMethod = "POST", headers = {}, body } = httpTarget;
  if (!isHttpUrl(uri) || uri.length > MAX_URI_LENGTH) {
    throw invalidArgument(
      `HttpTarget.uri is "${uri}": it must begin with http:// or https:// and have at most ${MAX_URI_LENGTH} characters.`,
    );
  }
  checkBodyMethod("HttpTarget.body", httpMethod, body);
  if (headerBytes(headers) >= MAX_HEADER_BYTES) {
    throw invalidArgument(`HttpTarget.headers must be shorter than ${MAX_HEADER_BYTES} bytes.`);
  }
  return { ...httpTarget, uri, httpMethod };
}
