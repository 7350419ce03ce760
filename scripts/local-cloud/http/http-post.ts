import type { ClientRequest, IncomingMessage } from "node:http";
import { validateHeaderName, validateHeaderValue } from "node:http";
import { Agent, request as requestHttps } from "node:https";
import type { HttpAnswer } from "./http-answer.ts";
import { EXCERPT_BYTES, NoAnswerInTime } from "./http-answer.ts";
import { createHttpConnections } from "./http-connections.ts";

export interface HttpCall {
  url: string;
  method?: string;
  headers: Record<string, string>;
  body?: Uint8Array | string;
  /** Real milliseconds until the call counts as failed: the receiver works in real time, however the clock is moved. */
  timeoutMs: number;
}

/** Sends the service's own calls over kept-alive connections; `close` cuts those that are under way. */
export interface HttpSender {
  /** Rejects when the connection fails, when no answer comes in time, and when the sender is closed. */
  send(call: HttpCall): Promise<HttpAnswer>;
  close(): void;
}

/** Connections are as many as its users have calls under way: they set their own bounds. */
export function createHttpSender(): HttpSender {
  const connections = createHttpConnections();
  const agent = new Agent({ keepAlive: true });
  const underWay = new Set<ClientRequest>();

  function sendPlain(url: URL, { method = "POST", headers, body = "", timeoutMs }: HttpCall) {
    return connections.exchange({
      // Without the brackets that an IPv6 address has in a URL.
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port || 80),
      method,
      head: headOf(url, method, sized(headers, body)),
      body,
      timeoutMs,
    });
  }

  async function sendSecurely(url: URL, call: HttpCall): Promise<HttpAnswer> {
    const { method = "POST", headers, body } = call;
    const request = requestHttps(url, { agent, method, headers: sized(headers, body) });
    underWay.add(request);
    try {
      return await answerTo(request, call);
    } catch (error) {
      // The receiver closed an idle connection just as we used it: nobody has seen this call.
      if (request.reusedSocket && isReset(error)) return await sendSecurely(url, call);
      throw error;
    } finally {
      underWay.delete(request);
    }
  }

  return {
    async send(call) {
      const url = new URL(call.url);
      return url.protocol === "https:" ? sendSecurely(url, call) : sendPlain(url, call);
    },
    close() {
      connections.close();
      for (const request of underWay) request.destroy(new Error("the local service was stopped"));
      agent.destroy();
    },
  };
}

function sized(headers: Record<string, string>, body: Uint8Array | string = ""): Record<string, string> {
  return { ...headers, "content-length": String(Buffer.byteLength(body)) };
}

/** Throws what Node throws for a header that cannot be sent. */
function headOf(url: URL, method: string, headers: Record<string, string>): string {
  let head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}

function answerTo(request: ClientRequest, call: HttpCall): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => request.destroy(new NoAnswerInTime(`no answer within ${call.timeoutMs / 1000} s`)),
      call.timeoutMs,
    );
    const finish = (run: () => void) => {
      clearTimeout(timer);
      run();
    };
    request.on("error", error => finish(() => reject(error)));
    request.on("response", response => {
      readExcerpt(response).then(
        excerpt => finish(() => resolve({ status: response.statusCode ?? 0, excerpt })),
        error => finish(() => reject(error)),
      );
    });
    request.end(call.body);
  });
}

/** Why a call failed, for people. */
export function reasonOf(error: unknown): string {
  const { message, code } = Object(error) as { message?: unknown; code?: unknown };
  // Node's error for a name with two addresses, such as localhost, has no message, only a code.
  return String(message || code || error);
}

async function readExcerpt(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (size < EXCERPT_BYTES) chunks.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(chunks).subarray(0, EXCERPT_BYTES).toString("utf8");
}

function isReset(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown };
  return code === "ECONNRESET" || code === "EPIPE";
}
