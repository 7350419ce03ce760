import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo, Server as NetServer } from "node:net";
import { createServer } from "node:net";

/**
 * Listens on this machine's own addresses: 127.0.0.1 and, where IPv6 exists, ::1. `localhost` may mean either.
 * @param port 0 takes any free port
 * @returns the port, and the function that stops listening
 * @throws NodeJS.ErrnoException EADDRINUSE when another process listens on that port of either address
 */
export async function listenLocally(server: Server, port: number): Promise<{ port: number; close(): void }> {
  await listen(server, port, "127.0.0.1");
  const { port: actualPort } = server.address() as AddressInfo;
  const ipv6Server = createServer(socket => server.emit("connection", socket));
  try {
    await listen(ipv6Server, actualPort, "::1");
  } catch (error) {
    if (!(error instanceof Object && "code" in error && isWithoutIpv6(error.code))) {
      server.close();
      throw error;
    }
  }
  return {
    port: actualPort,
    close: () => {
      ipv6Server.close();
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
