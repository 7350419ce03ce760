import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** The result of one call of a trigger's function. */
export interface Handled {
  trigger: string;
  messageId: string;
  ok: boolean;
}

/** Starts a server that receives the results of functions, which each function posts as JSON. */
export async function listenForHandled<T = Handled>(
  onHandled: (handled: T) => void,
): Promise<{ url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    const result = await text(request).catch(() => undefined);
    if (result !== undefined) onHandled(JSON.parse(result));
    response.writeHead(204).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
