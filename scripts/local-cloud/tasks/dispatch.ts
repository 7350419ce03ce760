import type { LocalClock } from "../clock.ts";
import type { PushFaults } from "../faults/push-faults.ts";
import { createFaultyPushes } from "../faults/push-faults.ts";
import type { HttpSender } from "../http/http-post.ts";
import { reasonOf } from "../http/http-post.ts";
import type { Identity } from "../identity.ts";
import { toWireTime } from "../wire-time.ts";
import { queueOf, shortName } from "./names.ts";
import type { Task } from "./task.ts";
import type { Attempt } from "./wire.ts";

/** Set by Cloud Tasks itself, whatever the task says: google/cloud/tasks/v2/target.proto, HttpRequest.headers. */
const OWN_HEADERS = /^(host|content-length|user-agent|x-google-.*|x-appengine-.*|x-cloudtasks-.*)$/i;
/** google.rpc.Code UNKNOWN: what an attempt shows for any answer but a 2xx. */
const UNKNOWN = 2;

export interface Dispatcher {
  /** Sends the task once and notes the attempt on it. Undefined for a 2xx, otherwise why it failed. */
  dispatch(task: Task): Promise<string | undefined>;
}

export interface DispatcherOptions {
  clock: LocalClock;
  identity: Identity;
  sender: HttpSender;
  faults: PushFaults;
}

export function createDispatcher({ clock, identity, sender, faults }: DispatcherOptions): Dispatcher {
  const faultyPushes = createFaultyPushes(faults);

  async function headersOf(task: Task): Promise<Record<string, string>> {
    const { headers = {}, oidcToken, url } = task.request;
    const own = Object.entries(headers).filter(([name]) => !OWN_HEADERS.test(name));
    const result: Record<string, string> = {
      "content-type": "application/octet-stream",
      ...Object.fromEntries(own.map(([name, value]) => [name.toLowerCase(), value])),
      "user-agent": "Google-Cloud-Tasks",
      ...taskHeaders(task),
    };
    if (oidcToken?.serviceAccountEmail) {
      const email = oidcToken.serviceAccountEmail;
      const token = await identity.token({ email, audience: oidcToken.audience || url, nowMs: clock.now() });
      result["authorization"] = `Bearer ${token}`;
    }
    return result;
  }

  async function post(task: Task, headers: Promise<Record<string, string>>): Promise<number | string> {
    const { url, httpMethod = "POST", body } = task.request;
    try {
      const answer = await sender.send({
        url,
        method: httpMethod,
        headers: await headers,
        ...(body && { body }),
        timeoutMs: task.dispatchDeadlineMs,
      });
      return answer.status;
    } catch (error) {
      return reasonOf(error);
    }
  }

  return {
    async dispatch(task) {
      const attempt: Attempt = {
        scheduleTime: toWireTime(task.scheduleMs),
        dispatchTime: toWireTime(clock.now()),
      };
      // The headers count what was before this attempt.
      const headers = headersOf(task);
      const sending = faultyPushes.through(queueOf(task.name), () => post(task, headers));
      task.dispatches += 1;
      task.firstDispatchMs ??= clock.now();
      task.firstAttempt ??= { dispatchTime: toWireTime(task.firstDispatchMs) };
      task.lastAttempt = attempt;
      const outcome = await sending;
      const failure = failureOf(outcome);
      if (typeof outcome === "number") note(task, outcome, attempt);
      if (failure !== undefined) attempt.responseStatus = { code: UNKNOWN, message: failure };
      return failure;
    },
  };

  function note(task: Task, httpStatus: number, attempt: Attempt): void {
    attempt.responseTime = toWireTime(clock.now());
    task.responses += 1;
    task.lastStatus = httpStatus;
    if (httpStatus < 500) task.executions += 1;
  }
}

function failureOf(outcome: number | string): string | undefined {
  if (typeof outcome === "string") return outcome;
  return outcome >= 200 && outcome < 300 ? undefined : `HTTP status code ${outcome}`;
}

/** https://cloud.google.com/tasks/docs/creating-http-target-tasks#handler */
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
