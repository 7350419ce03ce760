import type { Server, ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { Problem, problemAnswer } from "../problem.ts";
import { failBody } from "./request-body.ts";
import { encodeAnswer, LINGER_MS } from "./write-answer.ts";

/** The latest answer on each connection. */
const lastAnswers = new WeakMap<Duplex, ServerResponse>();
/** Connections whose last answer is sent or planned. */
const hungUp = new WeakSet<Duplex>();

/** Remembers the answer in progress on a connection. The problem of a later request waits behind that answer. */
export function rememberLastAnswer(socket: Duplex, response: ServerResponse): void {
  lastAnswers.set(socket, response);
}

/**
 * Answers bytes that are not HTTP, and headers beyond the limits, with a problem. Node hands such a connection over as
 * a bare socket, because no request exists yet. The connection is closed afterwards.
 */
export function answerBrokenConnections(server: Server): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    // The parser reports every further chunk that it does not understand.
    if (hungUp.has(socket)) return;
    // Reset, or ended in the middle of a request: the client waits for no answer.
    const hasLeft = error.code === "ECONNRESET" || error.code === "HPE_INVALID_EOF_STATE" || !socket.writable;
    if (hasLeft) socket.destroy();
    else hangUp(socket, problemFor(error.code));
  });
  server.on("connect", (_request, socket: Duplex) => hangUp(socket, noTunnel()));
}

function hangUp(socket: Duplex, problem: Problem): void {
  hungUp.add(socket);
  // When the parser gave up inside a body, that body's request answers.
  if (failBody(socket, problem)) return;
  const before = lastAnswers.get(socket);
  const answering = before !== undefined && !before.writableFinished && !before.destroyed;
  if (answering) before.once("finish", () => writeAndClose(socket, problem));
  else writeAndClose(socket, problem);
}

function writeAndClose(socket: Duplex, problem: Problem): void {
  if (!socket.writable) return;
  const { status, headers, bytes } = encodeAnswer(problemAnswer(problem));
  const head = Object.entries({ ...headers, connection: "close" }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join("")}\r\n${bytes}`);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

function problemFor(code: string | undefined): Problem {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new Problem({
        status: 431,
        slug: "headers-too-large",
        detail: "The request line and its headers may have at most 16 KiB together.",
      });
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new Problem({
        status: 408,
        slug: "request-too-slow",
        detail: "The request was not complete in time. Send it again.",
      });
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return new Problem({ status: 413, slug: "chunk-extensions-too-large" });
    default:
      return new Problem({
        status: 400,
        slug: "not-http",
        detail: "This is not a well-formed HTTP/1.1 request.",
      });
  }
}

function noTunnel(): Problem {
  return new Problem({
    status: 405,
    slug: "method-not-allowed",
    headers: { allow: "GET, HEAD, POST, OPTIONS" },
  });
}
