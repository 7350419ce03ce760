import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const POLL_INTERVAL_MS = 20;
/** Longest wait for a process to listen. On a quiet machine one second is enough. */
const START_TIMEOUT_MS = 30_000;

/**
 * Waits until a process that was just started listens on a port of 127.0.0.1.
 * @throws Error when no process listens within 30 s
 */
export async function waitForPort(port: number): Promise<void> {
  const untilMs = performance.now() + START_TIMEOUT_MS;
  while (!(await accepts(port))) {
    if (performance.now() > untilMs) {
      throw new Error(`port ${port} refuses connections: expected a listener within ${START_TIMEOUT_MS} ms`);
    }
    await delay(POLL_INTERVAL_MS);
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
