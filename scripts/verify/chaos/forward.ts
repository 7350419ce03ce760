import { appendFileSync } from "node:fs";
import type { ClientRequest, IncomingMessage, Server, ServerResponse } from "node:http";
import { Agent, createServer, request as httpRequest } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { Declaration } from "../../../shared/pipeline/declaration.ts";
import type { HostedFunction } from "../../plan/load-functions.ts";

export interface Target {
  port: number;
  /** Before every path, without a slash at its end. */
  prefix?: string;
  /** Whether what was cut off is sent once more: where twice is as good as once. By itself, nothing is. */
  mayRepeat?(path: string): boolean;
  /** Gets every answer of 400 and above. */
  onError?(text: string): void;
}

/** As long as Cloud Run lets a request wait for an instance to start. */
const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 20;

interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/**
 * A server that passes every request on to a process of this machine, as Cloud Run does: while there is none, what
 * comes waits for it; what a process had begun when it was killed is answered 503.
 */
export function createForwarder({ port, prefix = "", mayRepeat = () => false, onError }: Target): Server {
  const agent = new Agent({ keepAlive: true });
  const send = async (request: IncomingMessage, body: Buffer): Promise<Answer> => {
    const untilMs = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await sendOnce({ agent, port, prefix, request, body });
      } catch (error) {
        const waits = codeOf(error) === "ECONNREFUSED" || mayRepeat(request.url ?? "");
        if (!waits || performance.now() > untilMs) return noInstance;
        await delay(LOOK_AGAIN_MS);
      }
    }
  };
  return createServer(async (request, response) => {
    const body = await buffer(request).catch(() => undefined);
    if (!body) return; // whoever asked is gone
    const answer = await send(request, body);
    if (answer.status >= 400) onError?.(`${request.method} ${request.url} ${answer.status} ${answer.body}`);
    give(response, answer);
  });
}

/** A forwarder for each function; what they answer when they refuse something goes to a file. */
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

const noInstance: Answer = { status: 503, headers: {}, body: Buffer.alloc(0) };

interface Sending {
  agent: Agent;
  port: number;
  prefix: string;
  request: IncomingMessage;
  body: Buffer;
}

async function sendOnce({ agent, port, prefix, request, body }: Sending): Promise<Answer> {
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

function give(response: ServerResponse, { status, headers, body }: Answer): void {
  const { connection: _ours, "keep-alive": _theirs, "transfer-encoding": _whole, ...rest } = headers;
  response.writeHead(status, { ...rest, "content-length": body.length });
  response.end(body);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
