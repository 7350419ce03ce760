import type { IncomingMessage, Server } from "node:http";
import type { Incoming } from "../../shared/http/server/door-server.ts";
import { createRequestServer } from "../../shared/http/server/door-server.ts";
import { originForm } from "../../shared/http/server/request-target.ts";
import type { Semaphore } from "../cli/semaphore.ts";
import { createSemaphore } from "../cli/semaphore.ts";
import type { HostedFunction } from "../plan/load-functions.ts";

/** Where each function answers by its name, as on Google: Pub/Sub and Cloud Tasks call it there. */
export const FUNCTIONS_PREFIX = "/__local/functions/";

/** The function that answers what no other one declares: it has the 404 in the right shape. */
const FALLBACK = "ingest";

/**
 * How many requests a public function answers at once, as an instance on Cloud Run has its concurrency. All functions
 * share this process: without a limit, clients that report as fast as they can leave little of it to the reactions,
 * and what is accepted piles up in memory.
 */
const AT_ONCE = 32;

/** Who answers a request, and in what turn where there are turns. */
interface Target {
  server: Server;
  turns?: Semaphore;
}

/**
 * One address for every function: public paths go to the HTTP function that declares their first segment,
 * `/__local/functions/NAME` to any function by name, as its own URL does when deployed.
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
    // Who comes before the functions are loaded waits that second.
    const pick = await ready;
    const { server: target, turns } = pick(one.request);
    if (turns && !(await hasTurn(turns, one))) return;
    pass(one, target);
  });
  return { server, serve: (functions, local) => open(pickerFor(functions, local)) };
}

/** Waits for a turn, which ends with the response; false for a client that has gone meanwhile. */
async function hasTurn(turns: Semaphore, { response }: Incoming): Promise<boolean> {
  await turns.begin();
  if (response.closed) turns.end();
  else response.once("close", turns.end);
  return !response.closed;
}

/** Has a server that listens nowhere answer, as Node would: without a listener for Expect it says "continue". */
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
    const target = { server, turns: createSemaphore(AT_ONCE) };
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
