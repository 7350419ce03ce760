import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** Node publishes every connection that any server of the process accepts; grpc-js itself shows none of its own. */
const CHANNEL = "net.server.socket";

/**
 * Calls back when a connection to the port has closed, with the name that grpc-js's `getPeer` has for it. The
 * returned function ends that.
 */
export function watchConnections(port: number, closed: (peer: string) => void): () => void {
  const accepted = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    if (socket.localPort !== port) return;
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    socket.once("close", () => closed(peer));
  };
  subscribe(CHANNEL, accepted);
  return () => unsubscribe(CHANNEL, accepted);
}
