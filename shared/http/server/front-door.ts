import type { IncomingMessage, ServerResponse } from "node:http";
import http from "node:http";
import type { Handler } from "../handler.ts";
import { createFrontDoorServer } from "./door-server.ts";
import type { FrontDoorOptions } from "./exchange.ts";
import { exchange, FRONT_DOOR_DEFAULTS } from "./exchange.ts";

type CreateServer = typeof http.createServer & { [REAL]?: typeof http.createServer };

// Recognises the replacement, also when a second bundle in the process holds another copy of this module.
const REAL = Symbol.for("pulsecart.front-door.real-create-server");

/**
 * Puts a front door before the server that the functions-framework creates next. The door answers every request instead
 * of the framework. The framework would parse a body of up to 1 GiB and answer HTML with a stack trace. Our code would run
 * in a `domain`.
 *
 * The function replaces `http.createServer` until the framework calls it once. Other servers (their listener is not an
 * Express app) are created as usual. A second call before that replaces the first. A process with several functions
 * therefore installs one door, creates its server, then installs the next.
 */
export function installFrontDoor(handle: Handler, options: FrontDoorOptions = {}): void {
  // The Firebase functions emulator serves every function from an Express server of its own.
  if (process.env["FUNCTIONS_EMULATOR"] === "true") return;
  const current: CreateServer = http.createServer;
  const real = current[REAL] ?? current;
  const replacement = (...args: unknown[]): http.Server => {
    const [app] = args;
    if (!isExpressApp(app)) return Reflect.apply(real, http, args);
    Object.assign(http, { createServer: real });
    return createFrontDoorServer(handle, options);
  };
  Object.assign(http, { createServer: Object.assign(replacement, { [REAL]: real }) });
}

/**
 * Wraps a handler as a `(req, res)` function, for hosts that call the exported function themselves (the Firebase
 * functions emulator). Such a host has read the body into `rawBody`; the answers are the same.
 */
export function expressAdapter(handle: Handler, options: FrontDoorOptions = {}) {
  const door = { handle, ...FRONT_DOOR_DEFAULTS, ...options };
  return async (request: IncomingMessage & { rawBody?: Buffer }, response: ServerResponse): Promise<void> => {
    await exchange({ door, request, response, body: request.rawBody ?? Buffer.alloc(0) });
  };
}

function isExpressApp(value: unknown): boolean {
  return typeof value === "function" && "handle" in value && "use" in value;
}
