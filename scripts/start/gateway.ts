import type { IncomingMessage, Server } from "node:http";
import type { Incoming } from "../../shared/http/server/door-server.ts";
import { createRequestServer } from "../../shared/http/server/door-server.ts";
import { originForm } from "../../shared/http/server/request-target.ts";
import type { Semaphore } from "../cli/semaphore.ts";
import { createSemaphore } from "../cli/semaphore.ts";
import type { HostedFunction } from "../plan/load-functions.ts";

/** Path of a function by its name. Pub/Sub and Cloud Tasks call functions here, as at their own URLs on Google. */
export const FUNCTIONS_PREFIX = "/__local/functions/";

/** The function of all undeclared paths. Its 404 has the right form. */
const FALLBACK = "ingest";

/**
 * Max concurrent requests of a public function, like the concurrency of an instance on Cloud Run. All functions share
 * this process. Without a limit, fast clients leave little of the process to the reactions, and accepted events
 * accumulate in memory.
 */
const MAX_CONCURRENT_REQUESTS = 32;

/** The server that answers a request. */
interface Target {
  server: Server;
  /** Limits concurrent requests. Absent: no limit. */
  limit?: Semaphore;
}

/**
 * Creates the server that gives all functions one address. The first segment of a public path selects the HTTP
 * function that declares the segment. `/__local/functions/NAME` selects any function by name.
 */
export function createGateway(): {
  server: Server;
  serve(functions: readonly HostedFunction[], local: Server): void;
} {
  let open: (pick: (request: IncomingMessage) => Target) => void;
  const ready = new Promise<(request: IncomingMessage) => Target>(resolve => {
    open = resolve;
  });
  const server = createRequestServer(async one => {
    one.request.url = originForm(one.request.url ?? "/");
    // Requests that arrive before the functions are loaded wait, for about a second.
    const pick = await ready;
    const { server: target, limit } = pick(one.request);
    if (limit && !(await isAdmitted(limit, one))) return;
    pass(one, target);
  });
  return { server, serve: (functions, local) => open(pickerFor(functions, local)) };
}

/** Waits until the limit admits the request; its place is freed with the response. @returns false for a gone client */
async function isAdmitted(limit: Semaphore, { response }: Incoming): Promise<boolean> {
  await limit.begin();
  if (response.closed) limit.end();
  else response.once("close", limit.end);
  return !response.closed;
}

/** Passes a request to a server that listens on no port. As in Node, a server without a listener for Expect continues. */
function pass({ request, response, expectsContinue }: Incoming, target: Server): void {
  if (expectsContinue && target.emit("checkContinue", request, response)) return;
  if (expectsContinue) response.writeContinue();
  target.emit("request", request, response);
}

function pickerFor(functions: readonly HostedFunction[], local: Server) {
  const byName = new Map(functions.map(({ declaration, server }) => [declaration.name, { server }]));
  const byPrefix = new Map<string, Target>();
  for (const { declaration, server } of functions) {
    if (declaration.kind !== "http") continue;
    const target = { server, limit: createSemaphore(MAX_CONCURRENT_REQUESTS) };
    for (const prefix of declaration.prefixes) byPrefix.set(prefix, target);
  }
  return (request: IncomingMessage): Target => {
    const url = request.url ?? "/";
    if (url.startsWith(FUNCTIONS_PREFIX)) {
      const [, name = "", rest = ""] = /^([^/?]*)(.*)$/.exec(url.slice(FUNCTIONS_PREFIX.length)) ?? [];
      const target = byName.get(name);
      if (!target) return { server: local };
      request.url = rest.startsWith("/") ? rest : `/${rest}`;
      return target;
    }
    const [prefix = ""] = /^\/[^/?]*/.exec(url) ?? [];
    if (prefix === "/__local") return { server: local };
    return byPrefix.get(prefix) ?? byName.get(FALLBACK) ?? { server: local };
  };
}
