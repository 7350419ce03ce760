import type { IncomingMessage, Server } from "node:http";
import type { Incoming } from "../../shared/http/door-server.ts";
import { createRequestServer } from "../../shared/http/door-server.ts";
import { originForm } from "../../shared/http/request-target.ts";
import type { HostedFunction } from "./load-functions.ts";

/** Where each function answers by its name, as on Google: Pub/Sub and Cloud Tasks call it there. */
export const FUNCTIONS_PREFIX = "/__local/functions/";

/** The function that answers what no other one declares: it has the 404 in the right shape. */
const FALLBACK = "ingest";

/**
 * One address for every function: public paths go to the HTTP function that declares their first segment,
 * `/__local/functions/NAME` to any function by name, as its own URL does when deployed.
 */
export function createGateway(): {
  server: Server;
  serve(functions: readonly HostedFunction[], local: Server): void;
} {
  let open: (pick: (request: IncomingMessage) => Server) => void;
  const ready = new Promise<(request: IncomingMessage) => Server>(resolve => {
    open = resolve;
  });
  const server = createRequestServer(async one => {
    one.request.url = originForm(one.request.url ?? "/");
    // Who comes before the functions are loaded waits that second.
    const pick = await ready;
    pass(one, pick(one.request));
  });
  return { server, serve: (functions, local) => open(pickerFor(functions, local)) };
}

/** Has a server that listens nowhere answer, as Node would: without a listener for Expect it says "continue". */
function pass({ request, response, expectsContinue }: Incoming, target: Server): void {
  if (expectsContinue && target.emit("checkContinue", request, response)) return;
  if (expectsContinue) response.writeContinue();
  target.emit("request", request, response);
}

function pickerFor(functions: readonly HostedFunction[], local: Server) {
  const byName = new Map(functions.map(({ declaration, server }) => [declaration.name, server]));
  const byPrefix = new Map(
    functions.flatMap(({ declaration, server }) =>
      declaration.kind === "http" ? declaration.prefixes.map(prefix => [prefix, server] as const) : [],
    ),
  );
  return (request: IncomingMessage): Server => {
    const url = request.url ?? "/";
    if (url.startsWith(FUNCTIONS_PREFIX)) {
      const [, name = "", rest = ""] = /^([^/?]*)(.*)$/.exec(url.slice(FUNCTIONS_PREFIX.length)) ?? [];
      const target = byName.get(name);
      if (!target) return local;
      request.url = rest.startsWith("/") ? rest : `/${rest}`;
      return target;
    }
    const [prefix = ""] = /^\/[^/?]*/.exec(url) ?? [];
    return prefix === "/__local" ? local : (byPrefix.get(prefix) ?? byName.get(FALLBACK) ?? local);
  };
}
