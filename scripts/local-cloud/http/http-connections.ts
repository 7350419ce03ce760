import { connect } from "node:net";
import type { HttpAnswer } from "./http-answer.ts";
import type { PlainCall } from "./plain-connection.ts";
import { ClosedUnderUs, PlainConnection } from "./plain-connection.ts";

/**
 * Connections to plain HTTP servers, kept alive for the next call. Node's own client costs three times as much per
 * call, which would limit the push deliveries per second. `npm run bench:local` measures them.
 */
export interface HttpConnections {
  /**
   * Sends a call and resolves with its response.
   * @throws Error when the connection fails, when the timeout passes, or when all connections are closed
   */
  exchange(call: PlainCall): Promise<HttpAnswer>;
  close(): void;
}

export function createHttpConnections(): HttpConnections {
  const idle = new Map<string, PlainConnection[]>();
  const open = new Set<PlainConnection>();

  function connectionTo(host: string, port: number): PlainConnection {
    const address = `${host} ${port}`;
    const free = idle.get(address) ?? [];
    idle.set(address, free);
    const last = free.pop();
    if (last) return last;
    const connection = new PlainConnection(connect({ host, port, noDelay: true }), {
      onFree: () => free.push(connection),
      onGone: () => {
        open.delete(connection);
        const at = free.indexOf(connection);
        if (at >= 0) free.splice(at, 1);
      },
    });
    open.add(connection);
    return connection;
  }

  return {
    async exchange(call) {
      for (;;) {
        const connection = connectionTo(call.host, call.port);
        try {
          return await connection.exchange(call);
        } catch (error) {
          if (!(error instanceof ClosedUnderUs)) throw error;
        }
      }
    },
    close() {
      for (const connection of open)
        connection.destroy(new Error("local service was stopped during the call"));
    },
  };
}
