import { MINUTE_MS, SECOND_MS } from "../durations.ts";
import { invalidArgument } from "../rpc-error.ts";
import type { WireTime } from "../wire-time.ts";
import { fromWireTime, toWireTime } from "../wire-time.ts";
import type { Cron } from "./cron.ts";
import { parseCron } from "./cron.ts";
import type { HttpTarget, WireJob } from "./wire.ts";

/** What the user decides about a job, with nothing left open; times in milliseconds. */
export interface JobSettings {
  description: string;
  schedule: string;
  cron: Cron;
  target: HttpTarget & { uri: string; httpMethod: string };
  /** How often a failed execution is tried again. */
  retryCount: number;
  /** 0: without limit. */
  maxRetryDurationMs: number;
  minBackoffMs: number;
  maxBackoffMs: number;
  maxDoublings: number;
  attemptDeadlineMs: number;
}

/** google/cloud/scheduler/v1/job.proto: defaults and limits of RetryConfig and Job. */
const DEFAULTS = { minBackoffMs: 5 * SECOND_MS, maxBackoffMs: 60 * MINUTE_MS, maxDoublings: 5 };
const MAX_RETRIES = 5;
const DEFAULT_DEADLINE_MS = 3 * MINUTE_MS;
const DEADLINE_RANGE_MS = { least: 15 * SECOND_MS, most: 30 * MINUTE_MS };
const MAX_DESCRIPTION = 500;
/** google/cloud/scheduler/v1/target.proto, HttpTarget. */
const MAX_URI = 2083;
const MAX_HEADER_BYTES = 80 * 1024;
const WITH_BODY = new Set(["POST", "PUT", "PATCH"]);
/** The one zone this emulator has; Google shows the name from the tz database. */
const UTC = "Etc/UTC";

/** Fills in Google's defaults. Throws INVALID_ARGUMENT for what Google refuses, and for what is not played here. */
export function completeSettings(job: WireJob): JobSettings {
  const { schedule = "", description = "", timeZone = UTC, retryConfig = {}, attemptDeadline } = job;
  if (!/^(etc\/)?utc$/i.test(timeZone || UTC)) {
    throw invalidArgument(`Job.timeZone is "${timeZone}": the local Cloud Scheduler has only ${UTC}.`);
  }
  if (description.length > MAX_DESCRIPTION) {
    throw invalidArgument(`Job.description is longer than ${MAX_DESCRIPTION} characters.`);
  }
  const settings: JobSettings = {
    description,
    schedule,
    cron: parseCron(schedule),
    target: checkTarget(job),
    retryCount: retryConfig.retryCount ?? 0,
    maxRetryDurationMs: msOf(retryConfig.maxRetryDuration, 0),
    minBackoffMs: msOf(retryConfig.minBackoffDuration, DEFAULTS.minBackoffMs),
    maxBackoffMs: msOf(retryConfig.maxBackoffDuration, DEFAULTS.maxBackoffMs),
    maxDoublings: retryConfig.maxDoublings || DEFAULTS.maxDoublings,
    attemptDeadlineMs: msOf(attemptDeadline, DEFAULT_DEADLINE_MS),
  };
  const { least, most } = DEADLINE_RANGE_MS;
  checkRange("Job.attemptDeadline (ms)", settings.attemptDeadlineMs, [least, most]);
  checkRange("RetryConfig.retryCount", settings.retryCount, [0, MAX_RETRIES]);
  checkRange("RetryConfig.maxRetryDuration (ms)", settings.maxRetryDurationMs, [0, Number.MAX_SAFE_INTEGER]);
  checkRange("RetryConfig.minBackoffDuration (ms)", settings.minBackoffMs, [0, settings.maxBackoffMs]);
  checkRange("RetryConfig.maxDoublings", settings.maxDoublings, [0, Number.MAX_SAFE_INTEGER]);
  return settings;
}

/** The settings as the API shows them. */
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
 * Milliseconds from the end of an execution's `attempts`th attempt to its next; undefined when it is given up:
 * with both limits set only once both are reached. Doubles maxDoublings times, then grows linearly.
 */
export function retryDelayMs(
  settings: JobSettings,
  { attempts, ageMs }: { attempts: number; ageMs: number },
): number | undefined {
  const { retryCount, maxRetryDurationMs, minBackoffMs, maxBackoffMs, maxDoublings } = settings;
  if (retryCount === 0 || (attempts > retryCount && ageMs >= maxRetryDurationMs)) return undefined;
  const doublings = Math.min(attempts - 1, maxDoublings);
  const steps = attempts - 1 - doublings;
  return Math.min(minBackoffMs * 2 ** doublings * (1 + steps), maxBackoffMs);
}

function checkTarget({ httpTarget, pubsubTarget, appEngineHttpTarget }: WireJob): JobSettings["target"] {
  if (pubsubTarget || appEngineHttpTarget || !httpTarget) {
    throw invalidArgument(
      "Job.target must be an httpTarget: the local Cloud Scheduler plays no Pub/Sub and no App Engine targets.",
    );
  }
  if (httpTarget.oauthToken) {
    throw invalidArgument("The local Cloud Scheduler makes no OAuth tokens: use HttpTarget.oidcToken.");
  }
  const { uri = "", httpMethod = "POST", headers = {}, body } = httpTarget;
  const protocol = URL.canParse(uri) ? new URL(uri).protocol : "";
  if ((protocol !== "http:" && protocol !== "https:") || uri.length > MAX_URI) {
    throw invalidArgument(
      `HttpTarget.uri is "${uri}": it must begin with http:// or https:// and have at most ${MAX_URI} characters.`,
    );
  }
  if (body?.length && !WITH_BODY.has(httpMethod)) {
    throw invalidArgument(`HttpTarget.body is set, but a ${httpMethod} request has none.`);
  }
  if (Buffer.byteLength(Object.entries(headers).flat().join("")) >= MAX_HEADER_BYTES) {
    throw invalidArgument(`HttpTarget.headers must be shorter than ${MAX_HEADER_BYTES} bytes.`);
  }
  return { ...httpTarget, uri, httpMethod };
}

function msOf(duration: WireTime | undefined, defaultMs: number): number {
  return duration ? fromWireTime(duration) : defaultMs;
}

function checkRange(field: string, value: number, [least, most]: [number, number]): void {
  if (value >= least && value <= most) return;
  throw invalidArgument(`${field} is ${value}; it must be between ${least} and ${most}.`);
}
