import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One call that a target received. */
export interface ReceivedCall {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A server that records the calls it receives. */
export interface HttpTarget {
  readonly url: string;
  readonly calls: ReceivedCall[];
  /**
   * Resolves once the target has received `count` calls.
   * @throws Error after 5 real seconds
   */
  received(count: number): Promise<ReceivedCall[]>;
  close(): Promise<void>;
}

type Respond = (
  call: ReceivedCall,
  response: ServerResponse,
) => number | undefined | Promise<number | undefined>;

/**
 * Starts a target on a free port.
 * @param respond returns the status; undefined when it writes the response itself, or never answers
 */
export async function startTarget(respond: Respond = () => 204): Promise<HttpTarget> {
  const calls: ReceivedCall[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = "", url = "", headers } = request;
    const call = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
    calls.push(call);
    const status = await respond(call, response);
    if (status !== undefined) response.writeHead(status).end(status < 300 ? undefined : "the target said no");
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    async received(count) {
      await until(() => calls.length >= count, `${count} calls`);
      return calls;
    },
    close() {
      server.closeAllConnections();
      return new Promise(resolve => server.close(() => resolve()));
    },
  };
}

/**
 * Waits until the condition holds.
 * @param awaited describes the condition in the error
 * @throws Error after 5 real seconds
 */
export async function until(condition: () => boolean, awaited: string): Promise<void> {
  const deadlineMs = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(`timed out after 5 s waiting for ${awaited}`);
    await new Promise(resolve => setTimeout(resolve, 2));
  }
}
