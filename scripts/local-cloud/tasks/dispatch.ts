import type { LocalClock } from "../clock.ts";
import { authorizationOf, userHeaders } from "../delivery/http-request.ts";
import { shortName } from "../delivery/names.ts";
import type { FaultyPushes, PushFaults } from "../faults/push-faults.ts";
import { createFaultyPushes } from "../faults/push-faults.ts";
import type { HttpSender } from "../http/http-post.ts";
import { reasonOf } from "../http/http-post.ts";
import type { Identity } from "../identity.ts";
import { toWireTime } from "../wire-time.ts";
import { queueOf } from "./names.ts";
import type { Task } from "./task.ts";
import type { Attempt } from "./wire.ts";

/** Headers that Cloud Tasks sets, over the task's own. Source: google/cloud/tasks/v2/target.proto, HttpRequest.headers. */
const SERVICE_HEADERS = /^(host|content-length|user-agent|x-google-.*|x-appengine-.*|x-cloudtasks-.*)$/i;
/** The google.rpc.Code of an attempt whose answer was not 2xx: UNKNOWN. */
const UNKNOWN = 2;

export interface TaskDispatcherOptions {
  clock: LocalClock;
  identity: Identity;
  sender: HttpSender;
  faults: PushFaults;
}

/** Sends tasks to their targets. */
export class TaskDispatcher {
  readonly #options: TaskDispatcherOptions;
  readonly #faultyPushes: FaultyPushes;

  constructor(options: TaskDispatcherOptions) {
    this.#options = options;
    this.#faultyPushes = createFaultyPushes(options.faults);
  }

  /**
   * Sends a task once and records the attempt on it.
   * @returns undefined for a 2xx, otherwise the reason of the failure
   */
  async dispatch(task: Task): Promise<string | undefined> {
    const { clock } = this.#options;
    const attempt: Attempt = {
      scheduleTime: toWireTime(task.scheduleMs),
      dispatchTime: toWireTime(clock.now()),
    };
    // The headers count the attempts before this one.
    const headers = this.#headersOf(task);
    const sending = this.#faultyPushes.through(queueOf(task.name), () => this.#send(task, headers));
    task.dispatches += 1;
    task.firstDispatchMs ??= clock.now();
    task.firstAttempt ??= { dispatchTime: toWireTime(task.firstDispatchMs) };
    task.lastAttempt = attempt;
    const answer = await sending;
    if (typeof answer === "number") {
      attempt.responseTime = toWireTime(clock.now());
      recordStatus(task, answer);
    }
    const failure = failureOf(answer);
    if (failure !== undefined) attempt.responseStatus = { code: UNKNOWN, message: failure };
    return failure;
  }

  async #headersOf(task: Task): Promise<Record<string, string>> {
    const { identity, clock } = this.#options;
    const { headers = {}, oidcToken, url } = task.request;
    return {
      "content-type": "application/octet-stream",
      ...userHeaders(headers, SERVICE_HEADERS),
      "user-agent": "Google-Cloud-Tasks",
      ...taskHeaders(task),
      ...(await authorizationOf(oidcToken, { url, nowMs: clock.now(), identity })),
    };
  }

  /** Sends the request. @returns the status of the answer, or the reason why there was none */
  async #send(task: Task, headers: Promise<Record<string, string>>): Promise<number | string> {
    const { url, httpMethod = "POST", body } = task.request;
    try {
      const answer = await this.#options.sender.send({
        url,
        method: httpMethod,
        headers: await headers,
        body,
        timeoutMs: task.dispatchDeadlineMs,
      });
      return answer.status;
    } catch (error) {
      return reasonOf(error);
    }
  }
}

function recordStatus(task: Task, httpStatus: number): void {
  task.responses += 1;
  task.lastStatus = httpStatus;
  if (httpStatus < 500) task.executions += 1;
}

function failureOf(answer: number | string): string | undefined {
  if (typeof answer === "string") return answer;
  return answer >= 200 && answer < 300 ? undefined : `HTTP status code ${answer}`;
}

/** Returns the headers of https://cloud.google.com/tasks/docs/creating-http-target-tasks#handler. */
function taskHeaders(task: Task): Record<string, string> {
  return {
    "x-cloudtasks-queuename": shortName(queueOf(task.name)),
    "x-cloudtasks-taskname": shortName(task.name),
    "x-cloudtasks-taskretrycount": String(task.dispatches),
    "x-cloudtasks-taskexecutioncount": String(task.executions),
    "x-cloudtasks-tasketa": String(task.scheduleMs / 1000),
    ...(task.lastStatus !== undefined && { "x-cloudtasks-taskpreviousresponse": String(task.lastStatus) }),
  };
}
