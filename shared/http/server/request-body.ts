import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Problem } from "../problem.ts";

export type BodyLimits = { readonly maxBodyBytes: number; readonly bodyTimeoutMs: number };

const NO_BODY = Buffer.alloc(0);

type Reader = { readonly request: IncomingMessage; readonly fail: (problem: Problem) => void };

// Who waits for the rest of a body on this connection, for when the parser gives up on it.
const readers = new WeakMap<Duplex, Reader>();

/**
 * Refuses by its headers alone, before a byte is read: 413 by content-length, 415 for a coded (zipped) body, 501 for
 * one that is zipped on its way (RFC 9112, 6.1): Node takes only the chunks apart.
 */
export function checkBodyHeaders(request: IncomingMessage, maxBodyBytes: number): void {
  const transfer = request.headers["transfer-encoding"]?.trim().toLowerCase() ?? "chunked";
  if (transfer !== "chunked") {
    throw new Problem({
      status: 501,
      slug: "transfer-encoding-unsupported",
      detail: "The only Transfer-Encoding that is understood is chunked.",
    });
  }
  const coding = request.headers["content-encoding"]?.trim().toLowerCase();
  if (coding !== undefined && coding !== "" && coding !== "identity") {
    throw new Problem({
      status: 415,
      slug: "content-encoding-unsupported",
      detail: "Send the body as it is, without Content-Encoding.",
      headers: { "accept-encoding": "identity" },
    });
  }
  if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
}

/** Whether the request announces a body. */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return request.headers["transfer-encoding"] !== undefined || (length !== undefined && Number(length) > 0);
}

/**
 * Reads the whole body; undefined when the client left before its end.
 * @throws Problem 413 above `maxBodyBytes`, 408 after `bodyTimeoutMs`, 400 when its framing is broken
 */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer | undefined> {
  if (!hasBody(request)) return Promise.resolve(NO_BODY);
  const { socket } = request;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stop = () => {
      clearTimeout(timer);
      // A pipelined request may have taken the place already.
      if (readers.get(socket)?.request === request) readers.delete(socket);
      request.off("data", take).off("end", end).off("close", leave);
    };
    const fail = (problem: Problem) => {
      stop();
      reject(problem);
    };
    const take = (chunk: Buffer) => {
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
    request.on("data", take).on("end", end).on("close", leave);
    // An aborted request also emits "error"; "close" follows and says the same.
    request.on("error", () => undefined);
  });
}

/** Ends the reading of a body whose framing is broken. False when no body is being read on this connection. */
export function failBody(socket: Duplex, problem: Problem): boolean {
  const reader = readers.get(socket);
  if (reader === undefined || reader.request.complete) return false;
  reader.fail(problem);
  return true;
}

/** 413, for a body that is or would become larger than allowed. */
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
