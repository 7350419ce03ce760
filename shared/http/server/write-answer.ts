import type { IncomingMessage, ServerResponse } from "node:http";
import { SECOND_MS } from "../../values/durations.ts";
import type { HttpAnswer } from "../handler.ts";
import { hasBody } from "./request-body.ts";

export type EncodedAnswer = {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly bytes: Buffer;
};

/**
 * Max time that a closing connection still reads and discards input. A close at once would reset the connection, and a
 * client that is still sending would never see the answer.
 */
export const LINGER_MS = 2 * SECOND_MS;

const NO_BYTES = Buffer.alloc(0);

/**
 * Encodes an answer as bytes, and adds the default headers.
 * @throws TypeError when JSON cannot represent the body (a cycle, a BigInt)
 */
export function encodeAnswer({ status, headers, body }: HttpAnswer): EncodedAnswer {
  const all: Record<string, string> = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
  for (const [name, value] of Object.entries(headers ?? {})) all[name.toLowerCase()] = value;
  // RFC 9110: neither status has content, and a length would announce some.
  if (status === 204 || status === 304) return { status, headers: all, bytes: NO_BYTES };
  const bytes = bytesOf(body);
  if (bytes.length > 0)
    all["content-type"] ??= Buffer.isBuffer(body) ? "application/octet-stream" : "application/json";
  all["content-length"] = String(bytes.length);
  return { status, headers: all, bytes };
}

/**
 * Writes the answer. A connection with an unread rest of a request body cannot be used again. Such a connection lingers
 * for a moment and is closed.
 * @throws TypeError when a header cannot be sent (a line break in its value)
 */
export function writeAnswer(request: IncomingMessage, response: ServerResponse, answer: EncodedAnswer): void {
  if (response.destroyed) return;
  if (!hasBody(request) || request.complete) {
    response.writeHead(answer.status, answer.headers).end(answer.bytes);
    return;
  }
  response.writeHead(answer.status, { ...answer.headers, connection: "close" });
  // Only written, not ended: the client has the whole answer by its length, and Node closes after end().
  if (answer.bytes.length > 0) response.write(answer.bytes);
  else response.flushHeaders();
  endAfterLinger(request, response);
}

function endAfterLinger(request: IncomingMessage, response: ServerResponse): void {
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.once("end", end).once("close", end);
  request.resume();
}

function bytesOf(body: unknown): Buffer {
  if (body === undefined) return NO_BYTES;
  return Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
}
