import { http } from "@google-cloud/functions-framework";
import { clock } from "../../clock.ts";
import { config, functionUrl } from "../../config.ts";
import { createCallerAuth } from "../../http/auth.ts";
import type { Handler } from "../../http/handler.ts";
import type { Routes } from "../../http/router.ts";
import { router } from "../../http/router.ts";
import type { FrontDoorOptions } from "../../http/server/exchange.ts";
import { expressAdapter, installFrontDoor } from "../../http/server/front-door.ts";

/** What an inner function is called with at most: a Pub/Sub message of 10 MB in base64, and its envelope. */
export const MAX_CALL_BYTES = 16 * 1024 * 1024;

/**
 * The requests of Pub/Sub, Cloud Tasks and Cloud Scheduler to one of our functions: only the deployment's own
 * invoker gets in, with a token made for this function.
 * @throws ConfigError at once when the environment does not say how callers are verified
 */
export function innerHandler(name: string, routes: Routes): Handler {
  const { callerAuth, callerAuthKeys, invokerEmail } = config();
  const door = createCallerAuth({
    mode: callerAuth,
    ...(callerAuthKeys ? { jwks: callerAuthKeys } : {}),
    nowMs: clock.now,
  });
  const { handle } = router(routes);
  return async request => {
    await door.verifyCaller(request.headers, {
      audiences: [functionUrl(name)],
      emails: [invokerEmail],
    });
    return handle(request);
  };
}

/** Declares an HTTP function behind the inner door: what Cloud Tasks and Cloud Scheduler call. */
export function taskFunction(name: string, routes: Routes, options: FrontDoorOptions = {}): TaskFunction {
  const handle = innerHandler(name, routes);
  const adapter = expressAdapter(handle, options);
  http(name, adapter);
  installFrontDoor(handle, options);
  return adapter;
}

export type TaskFunction = ReturnType<typeof expressAdapter>;
