import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const LOOK_AGAIN_MS = 20;
/** A function starts in a second on a quiet machine. */
const START_MS = 30_000;

/**
 * Resolves when a process that was started listens on this port of 127.0.0.1.
 * @throws Error when nobody does for too long
 */
export async function listensOn(port: number): Promise<void> {
  const untilMs = performance.now() + START_MS;
  while (!(await accepts(port))) {
    if (performance.now() > untilMs)
      throw new Error(`No function listens on port ${port} after ${START_MS} ms`);
    await delay(LOOK_AGAIN_MS);
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
