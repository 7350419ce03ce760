import { status } from "@grpc/grpc-js";
import type { LocalClock } from "../clock.ts";
import { NoAnswerInTime } from "../http/http-answer.ts";
import type { HttpSender } from "../http/http-post.ts";
import { reasonOf } from "../http/http-post.ts";
import type { Identity } from "../identity.ts";
import { shortName } from "./names.ts";
import type { JobSettings } from "./settings.ts";
import type { WireJob } from "./wire.ts";

export type AttemptStatus = NonNullable<WireJob["status"]>;

export interface Attempt {
  jobName: string;
  settings: JobSettings;
  /** When the execution was to start, in milliseconds. */
  scheduleMs: number;
}

export interface Dispatcher {
  /** Calls the target once. An empty status for a 2xx, otherwise a code of google.rpc.Code and why it failed. */
  dispatch(attempt: Attempt): Promise<AttemptStatus>;
}

export interface DispatcherOptions {
  clock: LocalClock;
  identity: Identity;
  sender: HttpSender;
}

/** Set by Cloud Scheduler itself, whatever the job says: google/cloud/scheduler/v1/target.proto, HttpTarget.headers. */
const OWN_HEADERS = /^(host|content-length|user-agent|x-google-.*|x-appengine-.*|x-cloudscheduler.*)$/i;

/** google/rpc/code.proto names the HTTP status of each code. */
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

export function createDispatcher({ clock, identity, sender }: DispatcherOptions): Dispatcher {
  async function headersOf({ jobName, settings, scheduleMs }: Attempt): Promise<Record<string, string>> {
    const { headers = {}, body, oidcToken, uri } = settings.target;
    const own = Object.entries(headers).filter(([name]) => !OWN_HEADERS.test(name));
    const result: Record<string, string> = {
      ...(body?.length && { "content-type": "application/octet-stream" }),
      ...Object.fromEntries(own.map(([name, value]) => [name.toLowerCase(), value])),
      "user-agent": "Google-Cloud-Scheduler",
      "x-cloudscheduler": "true",
      "x-cloudscheduler-jobname": shortName(jobName),
      "x-cloudscheduler-scheduletime": new Date(scheduleMs).toISOString(),
    };
    if (oidcToken?.serviceAccountEmail) {
      const email = oidcToken.serviceAccountEmail;
      const token = await identity.token({ email, audience: oidcToken.audience || uri, nowMs: clock.now() });
      result["authorization"] = `Bearer ${token}`;
    }
    return result;
  }

  return {
    async dispatch(attempt) {
      const { uri, httpMethod, body } = attempt.settings.target;
      const timeoutMs = attempt.settings.attemptDeadlineMs;
      try {
        const answer = await sender.send({
          url: uri,
          method: httpMethod,
          headers: await headersOf(attempt),
          ...(body && { body }),
          timeoutMs,
        });
        return statusOfHttp(answer.status);
      } catch (error) {
        const late = error instanceof NoAnswerInTime;
        return { code: late ? status.DEADLINE_EXCEEDED : status.UNAVAILABLE, message: reasonOf(error) };
      }
    },
  };
}

function statusOfHttp(httpStatus: number): AttemptStatus {
  if (httpStatus >= 200 && httpStatus < 300) return {};
  const code = CODES[httpStatus] ?? classOf(httpStatus);
  return { code, message: `HTTP status code ${httpStatus}` };
}

function classOf(httpStatus: number): number {
  if (httpStatus >= 500) return status.INTERNAL;
  return httpStatus >= 400 ? status.FAILED_PRECONDITION : status.UNKNOWN;
}
