import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP endpoint that answers every call at once and keeps the bodies. */
export interface Endpoint {
  url: string;
  /** Bodies in the order of their arrival, each with its time. */
  readonly received: { atMs: number; body: Buffer }[];
  close(): void;
}

export async function startEndpoint(): Promise<Endpoint> {
  const received: Endpoint["received"] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ atMs: performance.now(), body: Buffer.concat(chunks) });
      response.writeHead(204).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/push`,
    received,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
