import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent, request as requestHttps } from "node:https";
import type { HttpAnswer, HttpCall } from "./http-answer.ts";
import { EXCERPT_BYTES, NoAnswerInTime } from "./http-answer.ts";

/** Calls to HTTPS receivers, over Node's own client. */
export interface HttpsCalls {
  /** Sends a call with its complete headers and resolves with the response. */
  send(url: URL, call: HttpCall): Promise<HttpAnswer>;
  close(): void;
}

export function createHttpsCalls(): HttpsCalls {
  const agent = new Agent({ keepAlive: true });
  const inProgress = new Set<ClientRequest>();

  async function send(url: URL, call: HttpCall): Promise<HttpAnswer> {
    const { method = "POST", headers } = call;
    const request = requestHttps(url, { agent, method, headers });
    inProgress.add(request);
    try {
      return await answerTo(request, call);
    } catch (error) {
      // The receiver closed an idle connection just before this call used it: the receiver has not seen the call.
      if (request.reusedSocket && isReset(error)) return await send(url, call);
      throw error;
    } finally {
      inProgress.delete(request);
    }
  }

  return {
    send,
    close() {
      const stopped = new Error("local service was stopped during the call");
      for (const request of inProgress) request.destroy(stopped);
      agent.destroy();
    },
  };
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
