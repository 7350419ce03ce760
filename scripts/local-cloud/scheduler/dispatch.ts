import { status } from "@grpc/grpc-js";
import type { LocalClock } from "../clock.ts";
import { authorizationOf, userHeaders } from "../delivery/http-request.ts";
import { shortName } from "../delivery/names.ts";
import { NoAnswerInTime } from "../http/http-answer.ts";
import type { HttpSender } from "../http/http-post.ts";
import { reasonOf } from "../http/http-post.ts";
import type { Identity } from "../identity.ts";
import type { JobSettings } from "./settings.ts";
import type { WireJob } from "./wire.ts";

/** The google.rpc.Status of an attempt; without a code the attempt succeeded. */
export type AttemptStatus = NonNullable<WireJob["status"]>;

export interface JobAttempt {
  jobName: string;
  settings: JobSettings;
  /** Scheduled start of the execution, in milliseconds since 1970. */
  scheduleMs: number;
}

export interface JobDispatcherOptions {
  clock: LocalClock;
  identity: Identity;
  sender: HttpSender;
}

/**
 * Headers that Cloud Scheduler sets, over the job's own. Source: google/cloud/scheduler/v1/target.proto,
 * HttpTarget.headers.
 */
const SERVICE_HEADERS = /^(host|content-length|user-agent|x-google-.*|x-appengine-.*|x-cloudscheduler.*)$/i;

/** The gRPC code of each HTTP status. Source: google/rpc/code.proto. */
const CODES: Readonly<Record<number, number>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  409: status.ABORTED,
  429: status.RESOURCE_EXHAUSTED,
  499: status.CANCELLED,
  501: status.UNIMPLEMENTED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
};

/** Calls the targets of jobs. */
export class JobDispatcher {
  readonly #options: JobDispatcherOptions;

  constructor(options: JobDispatcherOptions) {
    this.#options = options;
  }

  /** Calls the target once. @returns an empty status for a 2xx, otherwise a code and the reason of the failure */
  async dispatch(attempt: JobAttempt): Promise<AttemptStatus> {
    const { uri, httpMethod, body } = attempt.settings.target;
    try {
      const answer = await this.#options.sender.send({
        url: uri,
        method: httpMethod,
        headers: await this.#headersOf(attempt),
        body,
        timeoutMs: attempt.settings.attemptDeadlineMs,
      });
      return statusOfHttp(answer.status);
    } catch (error) {
      const isLate = error instanceof NoAnswerInTime;
      return { code: isLate ? status.DEADLINE_EXCEEDED : status.UNAVAILABLE, message: reasonOf(error) };
    }
  }

  async #headersOf({ jobName, settings, scheduleMs }: JobAttempt): Promise<Record<string, string>> {
    const { identity, clock } = this.#options;
    const { headers = {}, body, oidcToken, uri } = settings.target;
    return {
      ...(body?.length && { "content-type": "application/octet-stream" }),
      ...userHeaders(headers, SERVICE_HEADERS),
      "user-agent": "Google-Cloud-Scheduler",
      "x-cloudscheduler": "true",
      "x-cloudscheduler-jobname": shortName(jobName),
      "x-cloudscheduler-scheduletime": new Date(scheduleMs).toISOString(),
      ...(await authorizationOf(oidcToken, { url: uri, nowMs: clock.now(), identity })),
    };
  }
}

function statusOfHttp(httpStatus: number): AttemptStatus {
  if (httpStatus >= 200 && httpStatus < 300) return {};
  const code = CODES[httpStatus] ?? codeOfClass(httpStatus);
  return { code, message: `HTTP status code ${httpStatus}` };
}

function codeOfClass(httpStatus: number): number {
  if (httpStatus >= 500) return status.INTERNAL;
  return httpStatus >= 400 ? status.FAILED_PRECONDITION : status.UNKNOWN;
}
