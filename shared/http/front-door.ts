import type { IncomingMessage, ServerResponse } from "node:http";
import http from "node:http";
import { log } from "../log.ts";
import { answerBrokenConnections, rememberLastAnswer } from "./broken-connection.ts";
import type { Door, DoorOptions } from "./exchange.ts";
import { exchange } from "./exchange.ts";
import type { Handler } from "./handler.ts";
import { Problem, problemAnswer } from "./problem.ts";
import { encodeAnswer, writeAnswer } from "./write-answer.ts";

type Listener = (request: IncomingMessage, response: ServerResponse) => void;
type CreateServer = typeof http.createServer & { [REAL]?: typeof http.createServer };

// Marks our replacement, also for another copy of this module in the same process (a second bundle).
const REAL = Symbol.for("pulsecart.front-door.real-create-server");

const HEADERS_TIMEOUT_MS = 10_000;

/**
 * Puts a front door before the server that the functions-framework creates next: it takes every request,
 * so that the framework never parses a body (up to 1 GiB), never answers HTML with a stack trace and never
 * runs our code in a `domain`.
 *
 * It replaces `http.createServer` until the framework calls it once. Servers that are not the framework's
 * (their listener is not an Express app) are created as ever. A second call before that replaces the first,
 * so a process that hosts several functions installs one door, creates its server, then the next.
 */
export function installFrontDoor(handle: Handler, options: DoorOptions = {}): void {
  // The Firebase functions emulator serves every function from an Express server of its own.
  if (process.env["FUNCTIONS_EMULATOR"] === "true") return;
  const current: CreateServer = http.createServer;
  const real = current[REAL] ?? current;
  const door = doorOf(handle, options);
  const replacement = (...args: unknown[]): http.Server => {
    const [app] = args;
    if (!isExpressApp(app)) return Reflect.apply(real, http, args);
    Object.assign(http, { createServer: real });
    return createServerWithDoor(real, door);
  };
  Object.assign(http, { createServer: Object.assign(replacement, { [REAL]: real }) });
}

/**
 * The same handler as a `(req, res)` function, for hosts that call the exported function themselves (the
 * Firebase functions emulator). They have read the body before, into `rawBody`; the answers are the same.
 */
export function expressAdapter(handle: Handler, options: DoorOptions = {}) {
  const door = doorOf(handle, options);
  return async (request: IncomingMessage & { rawBody?: Buffer }, response: ServerResponse): Promise<void> => {
    await exchange({ door, request, response, body: request.rawBody ?? Buffer.alloc(0) });
  };
}

function doorOf(handle: Handler, options: DoorOptions): Door {
  return {
    handle,
    maxBodyBytes: options.maxBodyBytes ?? 256 * 1024,
    bodyTimeoutMs: options.bodyTimeoutMs ?? 10_000,
    onError: options.onError ?? (error => log("ERROR", "http.request_failed", { error })),
  };
}

function isExpressApp(value: unknown): value is Listener {
  return typeof value === "function" && "handle" in value && "use" in value;
}

function createServerWithDoor(real: typeof http.createServer, door: Door): http.Server {
  const take =
    (expectsContinue: boolean): Listener =>
    (request, response) => {
      rememberLastAnswer(request.socket, response);
      void exchange({ door, request, response, expectsContinue });
    };
  const server = real(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      // Node's own bound on a whole request; ours comes first and answers with a problem.
      requestTimeout: HEADERS_TIMEOUT_MS + 2 * door.bodyTimeoutMs,
      connectionsCheckingInterval: 5_000,
      // Node would answer a missing Host with an empty 400; the exchange answers it.
      requireHostHeader: false,
    },
    take(false),
  );
  server.on("checkContinue", take(true));
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    writeAnswer(request, response, encodeAnswer(problemAnswer(unknownExpectation())));
  });
  answerBrokenConnections(server);
  return server;
}

function unknownExpectation(): Problem {
  return new Problem({
    status: 417,
    slug: "unknown-expectation",
    detail: "The only expectation that can be met is 100-continue.",
  });
}
