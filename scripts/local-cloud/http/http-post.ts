import { validateHeaderName, validateHeaderValue } from "node:http";
import type { HttpAnswer, HttpCall } from "./http-answer.ts";
import { createHttpConnections } from "./http-connections.ts";
import { createHttpsCalls } from "./https-calls.ts";

/** Sends a service's calls to receivers over kept-alive connections. */
export interface HttpSender {
  /**
   * Sends a call and resolves with its response, whatever its status.
   * @throws Error when the connection fails, when the timeout passes, or when the sender is closed
   */
  send(call: HttpCall): Promise<HttpAnswer>;
  /** Cuts the calls in progress and closes all connections. */
  close(): void;
}

/** Creates a sender. The number of its connections is that of the calls in progress, which the services limit. */
export function createHttpSender(): HttpSender {
  const connections = createHttpConnections();
  const secureCalls = createHttpsCalls();

  function sendPlain(url: URL, { method = "POST", headers, body = "", timeoutMs }: HttpCall) {
    return connections.exchange({
      // An IPv6 address has brackets in a URL, but not in a connection's options.
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port || 80),
      method,
      head: headOf(url, method, sized(headers, body)),
      body,
      timeoutMs,
    });
  }

  return {
    async send(call) {
      const url = new URL(call.url);
      if (url.protocol !== "https:") return sendPlain(url, call);
      return secureCalls.send(url, { ...call, headers: sized(call.headers, call.body) });
    },
    close() {
      connections.close();
      secureCalls.close();
    },
  };
}

function sized(headers: Record<string, string>, body: Uint8Array | string = ""): Record<string, string> {
  return { ...headers, "content-length": String(Buffer.byteLength(body)) };
}

/** @throws TypeError as Node does, for a header that cannot be sent */
function headOf(url: URL, method: string, headers: Record<string, string>): string {
  let head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}

/** Returns a readable reason for a failed call. */
export function reasonOf(error: unknown): string {
  const { message, code } = Object(error) as { message?: unknown; code?: unknown };
  // Node's error for a name with two addresses, such as localhost, has no message, only a code.
  return String(message || code || error);
}
