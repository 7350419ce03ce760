import { status } from "@grpc/grpc-js";
import { checkBodyMethod, headerBytes, isHttpUrl } from "../delivery/http-request.ts";
import { durationMs } from "../delivery/settings.ts";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../durations.ts";
import { invalidArgument, RpcError } from "../rpc-error.ts";
import type { WireTime } from "../wire-time.ts";
import { fromWireTime, toWireTime } from "../wire-time.ts";
import { copiedBytes } from "./copied-bytes.ts";
import type { Attempt, HttpRequest, WireTask } from "./wire.ts";

/** A task between its creation and its end. */
export interface Task {
  readonly name: string;
  readonly request: HttpRequest & { url: string };
  readonly createMs: number;
  readonly dispatchDeadlineMs: number;
  /** Time of the next dispatch, or of the dispatch in flight. */
  scheduleMs: number;
  dispatches: number;
  responses: number;
  /** Number of answers below 500, for the header X-CloudTasks-TaskExecutionCount. */
  executions: number;
  firstDispatchMs?: number;
  firstAttempt?: Attempt;
  lastAttempt?: Attempt;
  lastStatus?: number;
}

/** Google's limits of a task. https://cloud.google.com/tasks/docs/quotas */
const MAX_AHEAD_MS = 30 * DAY_MS;
const MAX_BODY_BYTES = 100 * 1024;
/** Max size of all headers. Source: google/cloud/tasks/v2/target.proto, HttpRequest.headers. */
const MAX_HEADER_BYTES = 80 * 1024;
/** Limits and default of the timeout. Source: google/cloud/tasks/v2/task.proto, Task.dispatch_deadline. */
const DEFAULT_DEADLINE_MS = 10 * MINUTE_MS;
const MIN_DEADLINE_MS = 15 * SECOND_MS;
const MAX_DEADLINE_MS = 30 * MINUTE_MS;

/**
 * Creates a task from a request.
 * @throws RpcError INVALID_ARGUMENT for a task that Google refuses, UNIMPLEMENTED for App Engine tasks and OAuth tokens
 */
export function createTask(wire: WireTask, name: string, nowMs: number): Task {
  return {
    name,
    request: checkRequest(wire),
    createMs: nowMs,
    dispatchDeadlineMs: checkDeadline(wire.dispatchDeadline),
    scheduleMs: checkSchedule(wire.scheduleTime, nowMs),
    dispatches: 0,
    responses: 0,
    executions: 0,
  };
}

/** Returns the task as the API shows it. The view BASIC omits the body. */
export function toWireTask(task: Task, view: WireTask["view"] = "BASIC"): WireTask {
  const { body, ...basic } = task.request;
  return {
    name: task.name,
    httpRequest: view === "FULL" && body ? { ...basic, body } : basic,
    createTime: toWireTime(task.createMs),
    scheduleTime: toWireTime(task.scheduleMs),
    dispatchDeadline: toWireTime(task.dispatchDeadlineMs),
    dispatchCount: task.dispatches,
    responseCount: task.responses,
    firstAttempt: task.firstAttempt,
    lastAttempt: task.lastAttempt,
    view,
  };
}

function checkRequest({ httpRequest, appEngineHttpRequest }: WireTask): HttpRequest & { url: string } {
  if (appEngineHttpRequest) unimplemented("App Engine tasks: use httpRequest");
  if (!httpRequest) throw invalidArgument("Task.message_type is required: set httpRequest.");
  if (httpRequest.oauthToken) unimplemented("OAuth tokens: use oidcToken");
  const { url = "", httpMethod = "POST", headers = {}, body } = httpRequest;
  if (!isHttpUrl(url)) {
    throw invalidArgument(`HttpRequest.url is "${url}": it must begin with http:// or https://.`);
  }
  checkBodyMethod("HttpRequest.body", httpMethod, body);
  if ((body?.length ?? 0) > MAX_BODY_BYTES) {
    throw invalidArgument(
      `Task size too large: the body has ${body?.length} bytes and may have ${MAX_BODY_BYTES}.`,
    );
  }
  if (headerBytes(headers) > MAX_HEADER_BYTES) {
    throw invalidArgument(`HttpRequest.headers are longer than ${MAX_HEADER_BYTES} bytes.`);
  }
  return { ...httpRequest, url, httpMethod, headers, ...(body && { body: copiedBytes([body])[0] ?? body }) };
}

function checkSchedule(time: WireTime | undefined, nowMs: number): number {
  const scheduleMs = time ? fromWireTime(time) : nowMs;
  if (scheduleMs > nowMs + MAX_AHEAD_MS) {
    throw invalidArgument("Task.scheduleTime is more than 30 days ahead.");
  }
  return Math.max(scheduleMs, nowMs);
}

function checkDeadline(deadline: WireTime | undefined): number {
  const ms = durationMs(deadline, DEFAULT_DEADLINE_MS);
  if (ms >= MIN_DEADLINE_MS && ms <= MAX_DEADLINE_MS) return ms;
  throw invalidArgument(`Task.dispatchDeadline is ${ms / 1000}s; it must be between 15s and 30m.`);
}

function unimplemented(feature: string): never {
  throw new RpcError(status.UNIMPLEMENTED, `The local Cloud Tasks does not support ${feature}.`);
}
