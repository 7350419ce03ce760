import type { IncomingMessage, ServerResponse } from "node:http";
import { Server } from "node:http";
import { SECOND_MS } from "../../values/durations.ts";
import type { Handler } from "../handler.ts";
import { Problem, problemAnswer } from "../problem.ts";
import { answerBrokenConnections, rememberLastAnswer } from "./broken-connection.ts";
import type { FrontDoorOptions } from "./exchange.ts";
import { exchange, FRONT_DOOR_DEFAULTS } from "./exchange.ts";
import { encodeAnswer, writeAnswer } from "./write-answer.ts";

/** One request as it arrives. */
export type Incoming = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for "100 Continue" before it sends the body. */
  readonly expectsContinue: boolean;
};

export type ServerLimits = Pick<FrontDoorOptions, "bodyTimeoutMs" | "halfClosedMs">;

/** Max time until the headers of a request are complete. */
const HEADERS_TIMEOUT_MS = 10 * SECOND_MS;

/**
 * Creates a server that answers every request with the handler. A body that is too large or too slow gets a problem, as
 * do bytes that are not HTTP. The server does not listen yet.
 */
export function createFrontDoorServer(handle: Handler, options: FrontDoorOptions = {}): Server {
  const door = { handle, ...FRONT_DOOR_DEFAULTS, ...options };
  return createRequestServer(one => void exchange({ door, ...one }), door);
}

/**
 * Creates the server below a front door. The server hands over each request before its body is read, and answers
 * input that is no request. Headers may take 10 s.
 */
export function createRequestServer(receive: (one: Incoming) => void, limits: ServerLimits = {}): Server {
  const { bodyTimeoutMs, halfClosedMs } = { ...FRONT_DOOR_DEFAULTS, ...limits };
  const listener = (expectsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    rememberLastAnswer(request.socket, response);
    receive({ request, response, expectsContinue });
  };
  const server = new Server(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      // Node's own limit for a whole request. The front door's limits strike first and answer with a problem.
      requestTimeout: HEADERS_TIMEOUT_MS + 2 * bodyTimeoutMs,
      connectionsCheckingInterval: 5_000,
      // Node would answer a missing Host with an empty 400; the exchange answers it.
      requireHostHeader: false,
    },
    listener(false),
  );
  server.on("checkContinue", listener(true));
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    writeAnswer(request, response, encodeAnswer(problemAnswer(unknownExpectation())));
  });
  answerBrokenConnections(server);
  answerHalfClosed(server, halfClosedMs);
  return server;
}

/**
 * Keeps half-closed connections open until their answers are sent. A client may close its side after its last request
 * and still read (`shutdown(WR)`, `nc -N`). Node would close the other side at once, and the client would never learn
 * that its event was accepted. A client that has left looks the same until a write fails, so a timeout ends the wait.
 */
function answerHalfClosed(server: Server, halfClosedMs: number): void {
  Object.assign(server, { httpAllowHalfOpen: true }); // not in Node's documentation nor its types
  server.on("connection", socket => {
    socket.once("end", () => {
      const timer = setTimeout(() => socket.destroy(), halfClosedMs);
      socket.once("close", () => clearTimeout(timer));
    });
  });
}

function unknownExpectation(): Problem {
  return new Problem({
    status: 417,
    slug: "unknown-expectation",
    detail: "The Expect header supports only 100-continue.",
  });
}
