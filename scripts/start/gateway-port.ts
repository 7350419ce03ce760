import type { Server } from "node:http";
import { listenLocally } from "../local-cloud/listen.ts";
import type { Storage } from "../local-cloud/storage.ts";
import { UnusableData } from "../local-cloud/storage.ts";

const DEFAULT_PORT = 8000;

const KIND = "gateway";
const PORT = "port";

export interface WantedPort {
  /** 0 takes any free one. */
  port?: number;
  /** The folder of the storage, for people. */
  data?: string;
}

/**
 * Listens on the port that the storage belongs to, if it does: kept tasks and subscriptions call us there.
 * Otherwise on the wanted one, which it belongs to from then on; where nothing is wanted, that is 8000.
 * @throws UnusableData when another port is wanted than the one it belongs to, or that one is in use
 * @throws NodeJS.ErrnoException EADDRINUSE when somebody listens on the wanted port
 */
export async function listenWhereKept(server: Server, { keeper }: Storage, { port, data }: WantedPort) {
  const keptPort = keeper.all<number>(KIND).find(({ key }) => key === PORT)?.value;
  if (keptPort === undefined) {
    const listening = await listenLocally(server, port ?? DEFAULT_PORT);
    keeper.put(KIND, PORT, listening.port);
    return listening;
  }
  const belongs = `The data folder ${data} belongs to port ${keptPort}, where its tasks and subscriptions call`;
  if (port && port !== keptPort) {
    throw new UnusableData(`${belongs}: leave out --port ${port}, or name another folder with --data DIR.`);
  }
  return listenLocally(server, keptPort).catch((error: unknown) => {
    const { code } = Object(error) as { code?: unknown };
    if (code !== "EADDRINUSE") throw error;
    const remedy = "Stop what listens there, or name another folder with --data DIR.";
    throw new UnusableData(`${belongs}, and that port is in use. ${remedy}`, { cause: error });
  });
}
