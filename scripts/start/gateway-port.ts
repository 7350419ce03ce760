import type { Server } from "node:http";
import { listenLocally } from "../local-cloud/listen.ts";
import type { Storage } from "../local-cloud/storage.ts";
import { UnusableData } from "../local-cloud/storage.ts";

const DEFAULT_PORT = 8000;

const KIND = "gateway";
const PORT = "port";

export interface RequestedPort {
  /** 0 takes any free port. */
  port?: number;
  /** The folder of the storage, for messages. */
  data?: string;
}

/**
 * Listens on the port that the storage belongs to, because stored tasks and subscriptions call that port. A new
 * storage belongs to the requested port from then on; the default is 8000.
 * @throws UnusableData when the storage belongs to another port, or its port is in use
 * @throws NodeJS.ErrnoException EADDRINUSE when the requested port is in use
 */
export async function listenWhereKept(server: Server, { keeper }: Storage, { port, data }: RequestedPort) {
  const keptPort = keeper.all<number>(KIND).find(({ key }) => key === PORT)?.value;
  if (keptPort === undefined) {
    const listening = await listenLocally(server, port ?? DEFAULT_PORT);
    keeper.put(KIND, PORT, listening.port);
    return listening;
  }
  const belongs = `The data folder ${data} belongs to port ${keptPort}, which its tasks and subscriptions call`;
  if (port && port !== keptPort) {
    throw new UnusableData(`${belongs}: leave out --port ${port}, or name another folder with --data DIR.`);
  }
  return listenLocally(server, keptPort).catch((error: unknown) => {
    const { code } = Object(error) as { code?: unknown };
    if (code !== "EADDRINUSE") throw error;
    const remedy = "Stop its process, or name another folder with --data DIR.";
    throw new UnusableData(`${belongs}, and that port is in use. ${remedy}`, { cause: error });
  });
}
