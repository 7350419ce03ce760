import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo, Server as NetServer } from "node:net";
import { createServer } from "node:net";

/**
 * Listens on this machine's own addresses, 127.0.0.1 and, where there is one, ::1: `localhost` may mean either.
 * @param port 0 takes any free one
 * @returns the port, and what ends the listening
 * @throws NodeJS.ErrnoException EADDRINUSE when somebody listens there on either address
 */
export async function listenLocally(server: Server, port: number): Promise<{ port: number; close(): void }> {
  await listen(server, port, "127.0.0.1");
  const { port: taken } = server.address() as AddressInfo;
  const sixth = createServer(socket => server.emit("connection", socket));
  try {
    await listen(sixth, taken, "::1");
  } catch (error) {
    if (!(error instanceof Object && "code" in error && isWithoutIpv6(error.code))) {
      server.close();
      throw error;
    }
  }
  return {
    port: taken,
    close: () => {
      sixth.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listen(server: NetServer, port: number, host: string): Promise<void> {
  server.listen(port, host);
  await once(server, "listening");
}

function isWithoutIpv6(code: unknown): boolean {
  return code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT";
}
