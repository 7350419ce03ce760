import { once } from "node:events";
import { createServer } from "node:net";

/** Range below the ports of outgoing connections (Linux: from 32,768): a restarted process finds its port free. */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;
/** Max draws before the search fails. */
const MAX_TRIES = 1_000;

/**
 * Finds free ports of 127.0.0.1.
 * @throws Error when the range has too few
 */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries > MAX_TRIES) {
      const range = `${LOWEST_PORT} to ${HIGHEST_PORT}`;
      throw new Error(`free ports missing in ${range}: expected ${count}, got ${found.size}`);
    }
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT));
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
