import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** How a trigger's function ended. */
export interface Handled {
  trigger: string;
  messageId: string;
  ok: boolean;
}

/** Takes what functions tell of themselves. */
export async function listenForHandled<T = Handled>(
  onHandled: (handled: T) => void,
): Promise<{ url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    const told = await text(request).catch(() => undefined);
    if (told !== undefined) onHandled(JSON.parse(told));
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
