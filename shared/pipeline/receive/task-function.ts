import { http } from "@google-cloud/functions-framework";
import { clock } from "../../clock.ts";
import { config, functionUrl } from "../../config.ts";
import { createCallerAuth } from "../../http/auth.ts";
import type { Handler } from "../../http/handler.ts";
import type { Routes } from "../../http/router.ts";
import { router } from "../../http/router.ts";
import type { FrontDoorOptions } from "../../http/server/exchange.ts";
import { expressAdapter, installFrontDoor } from "../../http/server/front-door.ts";

/** Max body of a call, in bytes: a Pub/Sub message of 10 MB in base64, and its envelope. */
export const MAX_CALL_BYTES = 16 * 1024 * 1024;

/**
 * Creates the handler of a function that Pub/Sub, Cloud Tasks or Cloud Scheduler call. Only the deployment's invoker may
 * call it, with a token made for this function.
 * @throws ConfigError at start-up when the environment does not say how callers are verified
 */
export function authenticatedHandler(name: string, routes: Routes): Handler {
  const { callerAuth, callerAuthKeys, invokerEmail } = config();
  const auth = createCallerAuth({ mode: callerAuth, jwks: callerAuthKeys, nowMs: clock.now });
  const { handle } = router(routes);
  return async request => {
    await auth.verifyCaller(request.headers, {
      audiences: [functionUrl(name)],
      emails: [invokerEmail],
    });
    return handle(request);
  };
}

/** Declares an HTTP function with caller authentication, for calls of Cloud Tasks and Cloud Scheduler. */
export function taskFunction(name: string, routes: Routes, options: FrontDoorOptions = {}): TaskFunction {
  const handle = authenticatedHandler(name, routes);
  const adapter = expressAdapter(handle, options);
  http(name, adapter);
  installFrontDoor(handle, options);
  return adapter;
}

export type TaskFunction = ReturnType<typeof expressAdapter>;
