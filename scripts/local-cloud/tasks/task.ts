import { status } from "@grpc/grpc-js";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../durations.ts";
import { invalidArgument, RpcError } from "../rpc-error.ts";
import type { WireTime } from "../wire-time.ts";
import { fromWireTime, toWireTime } from "../wire-time.ts";
import { ownBytes } from "./own-bytes.ts";
import type { Attempt, HttpRequest, WireTask } from "./wire.ts";

/** A task between its creation and its end. */
export interface Task {
  readonly name: string;
  readonly request: HttpRequest & { url: string };
  readonly createMs: number;
  readonly dispatchDeadlineMs: number;
  /** When it is to be dispatched next, or was last. */
  scheduleMs: number;
  dispatches: number;
  responses: number;
  /** Answers below 500: what X-CloudTasks-TaskExecutionCount counts. */
  executions: number;
  firstDispatchMs?: number;
  firstAttempt?: Attempt;
  lastAttempt?: Attempt;
  lastStatus?: number;
}

/** https://cloud.google.com/tasks/docs/quotas */
const MAX_AHEAD_MS = 30 * DAY_MS;
const MAX_BODY_BYTES = 100 * 1024;
/** google/cloud/tasks/v2/target.proto, HttpRequest.headers. */
const MAX_HEADER_BYTES = 80 * 1024;
/** google/cloud/tasks/v2/task.proto, Task.dispatch_deadline. */
const DEFAULT_DEADLINE_MS = 10 * MINUTE_MS;
const LEAST_DEADLINE_MS = 15 * SECOND_MS;
const MOST_DEADLINE_MS = 30 * MINUTE_MS;
const WITH_BODY = new Set(["POST", "PUT", "PATCH"]);

/** A task as it was asked for. Throws INVALID_ARGUMENT for what Google refuses, UNIMPLEMENTED for App Engine. */
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

/** The task as the API shows it: BASIC leaves out the body. */
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
    ...(task.firstAttempt && { firstAttempt: task.firstAttempt }),
    ...(task.lastAttempt && { lastAttempt: task.lastAttempt }),
    view,
  };
}

function checkRequest({ httpRequest, appEngineHttpRequest }: WireTask): HttpRequest & { url: string } {
  if (appEngineHttpRequest) unimplemented("App Engine tasks: use httpRequest");
  if (!httpRequest) throw invalidArgument("Task.message_type is required: set httpRequest.");
  if (httpRequest.oauthToken) unimplemented("OAuth tokens: use oidcToken");
  const { url = "", httpMethod = "POST", headers = {}, body } = httpRequest;
  const protocol = URL.canParse(url) ? new URL(url).protocol : "";
  if (protocol !== "http:" && protocol !== "https:") {
    throw invalidArgument(`HttpRequest.url is "${url}": it must begin with http:// or https://.`);
  }
  if (body?.length && !WITH_BODY.has(httpMethod)) {
    throw invalidArgument(`HttpRequest.body is set, but a ${httpMethod} request has none.`);
  }
  if ((body?.length ?? 0) > MAX_BODY_BYTES) {
    throw invalidArgument(
      `Task size too large: the body has ${body?.length} bytes and may have ${MAX_BODY_BYTES}.`,
    );
  }
  if (Buffer.byteLength(Object.entries(headers).flat().join("")) > MAX_HEADER_BYTES) {
    throw invalidArgument(`HttpRequest.headers are longer than ${MAX_HEADER_BYTES} bytes.`);
  }
  return { ...httpRequest, url, httpMethod, headers, ...(body && { body: ownBytes([body])[0] ?? body }) };
}

function checkSchedule(time: WireTime | undefined, nowMs: number): number {
  const scheduleMs = time ? fromWireTime(time) : nowMs;
  if (scheduleMs > nowMs + MAX_AHEAD_MS) {
    throw invalidArgument("Task.scheduleTime is more than 30 days ahead.");
  }
  return Math.max(scheduleMs, nowMs);
}

function checkDeadline(deadline: WireTime | undefined): number {
  const ms = deadline ? fromWireTime(deadline) : DEFAULT_DEADLINE_MS;
  if (ms >= LEAST_DEADLINE_MS && ms <= MOST_DEADLINE_MS) return ms;
  throw invalidArgument(`Task.dispatchDeadline is ${ms / 1000}s; it must be between 15s and 30m.`);
}

function unimplemented(what: string): never {
  throw new RpcError(status.UNIMPLEMENTED, `The local Cloud Tasks does not play ${what}.`);
}
