import { appendFileSync } from "node:fs";
import type { ClientRequest, IncomingMessage, Server, ServerResponse } from "node:http";
import { Agent, createServer, request as httpRequest } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { Declaration } from "../../../shared/pipeline/declaration.ts";
import type { HostedFunction } from "../../plan/load-functions.ts";

export interface ForwardTarget {
  port: number;
  /** Text before every path, without a trailing slash. */
  prefix?: string;
  /** Tells whether an interrupted request is sent again: an idempotent one may be. The default is no. */
  mayRepeat?(path: string): boolean;
  /** Gets every answer of 400 and above. */
  onError?(text: string): void;
}

/** Max wait for a process: Cloud Run lets a request wait this long for an instance. */
const MAX_WAIT_MS = 10_000;
/** Wait before the next connection attempt. */
const RETRY_MS = 20;

interface ForwardedAnswer {
  status: number;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/**
 * Creates a server that forwards every request to a process of this machine, as Cloud Run does. Requests wait while the
 * process is down. A request that was interrupted by a kill is answered 503.
 */
export function createForwarder({
  port,
  prefix = "",
  mayRepeat = () => false,
  onError,
}: ForwardTarget): Server {
  const agent = new Agent({ keepAlive: true });
  const send = async (request: IncomingMessage, body: Buffer): Promise<ForwardedAnswer> => {
    const untilMs = performance.now() + MAX_WAIT_MS;
    for (;;) {
      try {
        return await sendOnce({ agent, port, prefix, request, body });
      } catch (error) {
        const waits = codeOf(error) === "ECONNREFUSED" || mayRepeat(request.url ?? "");
        if (!waits || performance.now() > untilMs) return noInstance;
        await delay(RETRY_MS);
      }
    }
  };
  return createServer(async (request, response) => {
    const body = await buffer(request).catch(() => undefined);
    if (!body) return; // the client has closed the connection
    const answer = await send(request, body);
    if (answer.status >= 400) onError?.(`${request.method} ${request.url} ${answer.status} ${answer.body}`);
    reply(response, answer);
  });
}

/** Creates a forwarder for each function. Answers of 400 and above are appended to a file. */
export function forwardersFor(
  declarations: readonly Declaration[],
  ports: Readonly<Record<string, number>>,
  answers: string,
): HostedFunction[] {
  const onError = (text: string): void => appendFileSync(answers, `${text}\n`);
  return declarations.map(declaration => ({
    declaration,
    server: createForwarder({ port: ports[declaration.name] ?? 0, onError }),
  }));
}

const noInstance: ForwardedAnswer = { status: 503, headers: {}, body: Buffer.alloc(0) };

interface ForwardedRequest {
  agent: Agent;
  port: number;
  prefix: string;
  request: IncomingMessage;
  body: Buffer;
}

async function sendOnce({ agent, port, prefix, request, body }: ForwardedRequest): Promise<ForwardedAnswer> {
  const { method, url = "/", headers } = request;
  const path = prefix + url;
  const { "transfer-encoding": _chunked, ...rest } = headers;
  const options = { agent, host: "127.0.0.1", port, method, path };
  const answer = await answerTo(
    httpRequest({
      ...options,
      headers: { ...rest, "content-length": body.length, connection: "keep-alive" },
    }),
    body,
  );
  return { status: answer.statusCode ?? 503, headers: answer.headers, body: await buffer(answer) };
}

function answerTo(request: ClientRequest, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
    request.end(body);
  });
}

function reply(response: ServerResponse, { status, headers, body }: ForwardedAnswer): void {
  const { connection: _ours, "keep-alive": _theirs, "transfer-encoding": _whole, ...rest } = headers;
  response.writeHead(status, { ...rest, "content-length": body.length });
  response.end(body);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
