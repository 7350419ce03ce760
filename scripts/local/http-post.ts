import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent as HttpAgent, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";

export interface HttpCall {
  url: string;
  method?: string;
  headers: Record<string, string>;
  body?: Uint8Array | string;
  /** Real milliseconds until the call counts as failed: the receiver works in real time, however the clock is moved. */
  timeoutMs: number;
}

export interface HttpAnswer {
  status: number;
  /** The beginning of the answer's body: enough to show what went wrong. */
  excerpt: string;
}

/** Sends the service's own calls over kept-alive connections; `close` cuts those that are under way. */
export interface HttpSender {
  /** Rejects when the connection fails, when no answer comes in time, and when the sender is closed. */
  send(call: HttpCall): Promise<HttpAnswer>;
  close(): void;
}

const EXCERPT_BYTES = 1000;

/** Connections are as many as its users have calls under way: they set their own bounds. */
export function createHttpSender(): HttpSender {
  const http = new HttpAgent({ keepAlive: true });
  const https = new HttpsAgent({ keepAlive: true });
  const underWay = new Set<ClientRequest>();

  async function send(call: HttpCall): Promise<HttpAnswer> {
    const url = new URL(call.url);
    const secure = url.protocol === "https:";
    const request = (secure ? requestHttps : requestHttp)(url, {
      agent: secure ? https : http,
      method: call.method ?? "POST",
      headers: { ...call.headers, "content-length": Buffer.byteLength(call.body ?? "") },
    });
    underWay.add(request);
    try {
      return await answerTo(request, call);
    } catch (error) {
      // The receiver closed an idle connection just as we used it: nobody has seen this call.
      if (request.reusedSocket && isReset(error)) return await send(call);
      throw error;
    } finally {
      underWay.delete(request);
    }
  }

  return {
    send,
    close() {
      for (const request of underWay) request.destroy(new Error("the local service was stopped"));
      http.destroy();
      https.destroy();
    },
  };
}

/** The receiver was there, and silent for too long. */
export class NoAnswerInTime extends Error {
  override name = "NoAnswerInTime";
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
