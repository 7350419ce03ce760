import type { IncomingMessage, ServerResponse } from "node:http";
import { log } from "../../log.ts";
import type { Handler, HttpAnswer, HttpRequest } from "../handler.ts";
import { Problem, problemAnswer } from "../problem.ts";
import { bodyTooLarge, checkBodyHeaders, readBody } from "./request-body.ts";
import { originForm } from "./request-target.ts";
import { encodeAnswer, writeAnswer } from "./write-answer.ts";

export type FrontDoorOptions = {
  /** More than this is 413. Default: 256 KiB, the largest event that is accepted. */
  readonly maxBodyBytes?: number;
  /** A body that is not complete this long after its headers is 408. Default: 10 s. */
  readonly bodyTimeoutMs?: number;
  /** A client that has closed its side is cut off when its answers take longer than this. Default: 60 s. */
  readonly halfClosedMs?: number;
  /** Gets what a handler threw that is not a Problem. Default: the log. */
  readonly onError?: (error: unknown) => void;
};

export type Door = { readonly handle: Handler } & Required<FrontDoorOptions>;

export const FRONT_DOOR_DEFAULTS: Required<FrontDoorOptions> = {
  maxBodyBytes: 256 * 1024,
  bodyTimeoutMs: 10_000,
  halfClosedMs: 60_000,
  onError: error => log("ERROR", "http.request_failed", { error }),
};

type Exchange = {
  readonly door: Door;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for "100 Continue" before it sends the body. */
  readonly expectsContinue?: boolean;
  /** Where a host has read the body already. */
  readonly body?: Buffer;
};

/**
 * One request and its answer. Never rejects. When the client leaves before its body is complete, the
 * handler is not called and nothing is answered.
 */
export async function exchange(one: Exchange): Promise<void> {
  const { request, response } = one;
  try {
    const answer = await answerTo(one);
    if (answer !== undefined) writeAnswer(request, response, encodeAnswer(answer));
  } catch (error) {
    answerFailure(one, error);
  }
}

function answerFailure(one: Exchange, error: unknown): void {
  const { door, request, response } = one;
  report(door, error);
  try {
    if (response.headersSent) response.destroy();
    else writeAnswer(request, response, encodeAnswer(problemAnswer(error)));
  } catch (worse) {
    // A Problem that cannot be sent, by a header of its own; what is not a Problem always can.
    if (error instanceof Problem) answerFailure(one, worse);
    else response.destroy();
  }
}

/** Reports what is not a Problem; a log that fails must not take the answer with it. */
function report(door: Door, error: unknown): void {
  if (error instanceof Problem) return;
  try {
    door.onError(error);
  } catch {
    // There is nobody left to tell.
  }
}

async function answerTo(one: Exchange): Promise<HttpAnswer | undefined> {
  const { door, request, response } = one;
  checkHost(request);
  checkBodyHeaders(request, door.maxBodyBytes);
  if (one.expectsContinue) response.writeContinue();
  const body = one.body ?? (await readBody(request, door));
  if (body === undefined) return undefined;
  if (body.length > door.maxBodyBytes) throw bodyTooLarge(door.maxBodyBytes);
  return door.handle(toRequest(request, body));
}

/** RFC 9112 3.2: an HTTP/1.1 request without Host is 400. */
function checkHost(request: IncomingMessage): void {
  if (request.httpVersion === "1.0" || request.headers.host !== undefined) return;
  throw new Problem({ status: 400, slug: "host-missing", detail: "Send a Host header." });
}

function toRequest(request: IncomingMessage, body: Buffer): HttpRequest {
  const target = originForm(request.url ?? "/");
  const query = target.indexOf("?");
  return {
    method: request.method === "HEAD" ? "GET" : (request.method ?? "GET"),
    path: query < 0 ? target : target.slice(0, query),
    query: new URLSearchParams(query < 0 ? "" : target.slice(query + 1)),
    params: Object.create(null),
    headers: request.headers,
    body,
  };
}
