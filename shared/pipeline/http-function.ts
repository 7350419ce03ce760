import { http } from "@google-cloud/functions-framework";
import type { Routes } from "../http/router.ts";
import { router } from "../http/router.ts";
import type { FrontDoorOptions } from "../http/server/exchange.ts";
import { expressAdapter, installFrontDoor } from "../http/server/front-door.ts";

export type HttpDeclaration = {
  readonly kind: "http";
  readonly name: string;
  /** First path segments that a gateway sends to this function: "/events", "/health". */
  readonly prefixes: readonly string[];
  /** `METHOD /path/:param`, as declared. */
  readonly routes: readonly string[];
  readonly callers?: "public";
};

export type HttpOptions = FrontDoorOptions & {
  /** Lets people call the function without a token. Absent: only systems that the deployment lets in may call. */
  readonly callers?: "public";
};

export type HttpFunction = ReturnType<typeof expressAdapter> & { readonly declaration: HttpDeclaration };

/**
 * Declares an HTTP function and registers it under its deployed name. The front door handles the next server that the
 * framework creates.
 * @example
 * export const products = httpFunction("products", {
 *   "GET /products/:id": async ({ params }) => ({ status: 200, body: await readProduct(params) }),
 *   "PUT /products/:id": command("products", changeProduct),
 * });
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
