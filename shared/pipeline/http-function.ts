import { http } from "@google-cloud/functions-framework";
import type { Routes } from "../http/router.ts";
import { router } from "../http/router.ts";
import type { FrontDoorOptions } from "../http/server/exchange.ts";
import { expressAdapter, installFrontDoor } from "../http/server/front-door.ts";

export type HttpDeclaration = {
  readonly kind: "http";
  readonly name: string;
  /** What a gateway sends to this function: "/events", "/health". */
  readonly prefixes: readonly string[];
  /** `METHOD /path/:param`, as they are declared. */
  readonly routes: readonly string[];
  readonly callers?: "everybody";
};

export type HttpOptions = FrontDoorOptions & {
  /** People may call it, without a token; by itself only other systems may, which the deployment lets in. */
  readonly callers?: "everybody";
};

export type HttpFunction = ReturnType<typeof expressAdapter> & { readonly declaration: HttpDeclaration };

/**
 * Declares an HTTP function: registers it under its deployed name, and has its front door take the next
 * server that the framework creates.
 */
export function httpFunction(
  name: string,
  routes: Routes,
  { callers, ...options }: HttpOptions = {},
): HttpFunction {
  const { handle, prefixes } = router(routes);
  const adapter = expressAdapter(handle, options);
  http(name, adapter);
  installFrontDoor(handle, options);
  const declaration: HttpDeclaration = {
    kind: "http",
    name,
    prefixes,
    routes: Object.keys(routes),
    ...(callers && { callers }),
  };
  return Object.assign(adapter, { declaration });
}
