import type { IncomingMessage, ServerResponse } from "node:http";
import { log } from "../../log.ts";
import { MINUTE_MS, SECOND_MS } from "../../values/durations.ts";
import type { Handler, HttpAnswer, HttpRequest } from "../handler.ts";
import { Problem, problemAnswer } from "../problem.ts";
import { bodyTooLarge, checkBodyHeaders, readBody } from "./request-body.ts";
import { originForm } from "./request-target.ts";
import { encodeAnswer, writeAnswer } from "./write-answer.ts";

export type FrontDoorOptions = {
  /** Max bytes of a body; a larger one gets 413. Default: 256 KiB, the largest accepted event. */
  readonly maxBodyBytes?: number;
  /** Max time from the headers to the end of the body; a slower one gets 408. Default: 10 s. */
  readonly bodyTimeoutMs?: number;
  /** Max time that the answers of a half-closed connection may take. Default: 60 s. */
  readonly halfClosedMs?: number;
  /** Receives every error that is not a Problem. Default: the log. */
  readonly onError?: (error: unknown) => void;
};

/** A handler with its limits. */
export type Door = { readonly handle: Handler } & Required<FrontDoorOptions>;

export const FRONT_DOOR_DEFAULTS: Required<FrontDoorOptions> = {
  maxBodyBytes: 256 * 1024,
  bodyTimeoutMs: 10 * SECOND_MS,
  halfClosedMs: MINUTE_MS,
  onError: error => log("ERROR", "http.request_failed", { error }),
};

type Exchange = {
  readonly door: Door;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for "100 Continue" before it sends the body. */
  readonly expectsContinue?: boolean;
  /** The body, when a host has read it already. */
  readonly body?: Buffer;
};

/**
 * Answers one request. The promise never rejects. When the client leaves before its body is complete, the handler is
 * not called and no answer is sent.
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
    // A header of the Problem cannot be sent. The second call sends the 500, which has no such header.
    if (error instanceof Problem) answerFailure(one, worse);
    else response.destroy();
  }
}

/** Reports an error that is not a Problem. A failing log must not prevent the answer. */
function report(door: Door, error: unknown): void {
  if (error instanceof Problem) return;
  try {
    door.onError(error);
  } catch {
    // The log itself failed, so no place for the error is left.
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

/** @throws Problem 400 for an HTTP/1.1 request without Host, and for any request with two (RFC 9112, 3.2) */
function checkHost({ headersDistinct, httpVersion }: IncomingMessage): void {
  const hosts = headersDistinct["host"] ?? [];
  if (hosts.length > 1) {
    const detail = `Send one Host header, not ${hosts.length}.`;
    throw new Problem({ status: 400, slug: "host-repeated", detail });
  }
  if (hosts.length === 0 && httpVersion !== "1.0")
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
