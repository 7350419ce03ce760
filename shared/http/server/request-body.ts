import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Problem } from "../problem.ts";

export type BodyLimits = { readonly maxBodyBytes: number; readonly bodyTimeoutMs: number };

const NO_BODY = Buffer.alloc(0);

/** A body that is being read. */
type BodyReader = { readonly request: IncomingMessage; readonly fail: (problem: Problem) => void };

// The reader that waits on each connection. A parser error inside the body ends the reader.
const readers = new WeakMap<Duplex, BodyReader>();

/**
 * Checks the headers of a body before a byte is read.
 * @throws Problem 413 when content-length is too large
 * @throws Problem 415 for a compressed body
 * @throws Problem 501 for a transfer encoding other than chunked (RFC 9112, 6.1): Node decodes only chunks
 */
export function checkBodyHeaders(request: IncomingMessage, maxBodyBytes: number): void {
  const transfer = request.headers["transfer-encoding"]?.trim().toLowerCase() ?? "chunked";
  if (transfer !== "chunked") {
    throw new Problem({
      status: 501,
      slug: "transfer-encoding-unsupported",
      detail: "The Transfer-Encoding header supports only chunked.",
    });
  }
  const coding = request.headers["content-encoding"]?.trim().toLowerCase();
  if (coding !== undefined && coding !== "" && coding !== "identity") {
    throw new Problem({
      status: 415,
      slug: "content-encoding-unsupported",
      detail: "Send the body uncompressed, without Content-Encoding.",
      headers: { "accept-encoding": "identity" },
    });
  }
  if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
}

/** Tells whether the request announces a body. */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return request.headers["transfer-encoding"] !== undefined || (length !== undefined && Number(length) > 0);
}

/**
 * Reads the whole body.
 * @returns undefined when the client left before the end of the body
 * @throws Problem 413 above `maxBodyBytes`, 408 after `bodyTimeoutMs`, 400 when the framing is broken
 */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer | undefined> {
  if (!hasBody(request)) return Promise.resolve(NO_BODY);
  const { socket } = request;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stop = () => {
      clearTimeout(timer);
      // A pipelined request may have registered its own reader already.
      if (readers.get(socket)?.request === request) readers.delete(socket);
      request.off("data", collect).off("end", end).off("close", leave);
    };
    const fail = (problem: Problem) => {
      stop();
      reject(problem);
    };
    const collect = (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > limits.maxBodyBytes) fail(bodyTooLarge(limits.maxBodyBytes));
    };
    const end = () => {
      stop();
      resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, bytes));
    };
    const leave = () => {
      stop();
      resolve(undefined);
    };
    const timer = setTimeout(() => fail(bodyTooSlow(limits.bodyTimeoutMs)), limits.bodyTimeoutMs);
    readers.set(socket, { request, fail });
    request.on("data", collect).on("end", end).on("close", leave);
    // An aborted request also emits "error"; "close" follows and says the same.
    request.on("error", () => undefined);
  });
}

/**
 * Ends the reading of a body whose framing is broken.
 * @returns false when no body is being read on this connection
 */
export function failBody(socket: Duplex, problem: Problem): boolean {
  const reader = readers.get(socket);
  if (reader === undefined || reader.request.complete) return false;
  reader.fail(problem);
  return true;
}

/** Creates the 413 for a body above the limit. */
export function bodyTooLarge(maxBodyBytes: number): Problem {
  return new Problem({
    status: 413,
    slug: "body-too-large",
    detail: `The body may have at most ${maxBodyBytes} bytes.`,
  });
}

function bodyTooSlow(bodyTimeoutMs: number): Problem {
  return new Problem({
    status: 408,
    slug: "body-too-slow",
    detail: `The body was not complete after ${bodyTimeoutMs} ms. Send the request again.`,
  });
}
