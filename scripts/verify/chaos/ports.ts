import { once } from "node:events";
import { createServer } from "node:net";

/** Below what systems give to outgoing connections (Linux: from 32,768): who is killed finds its port free again. */
const LEAST = 20_000;
const MOST = 32_000;
const TRIES = 1_000;

/** Ports of 127.0.0.1 that nobody listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries > TRIES) throw new Error(`There are no ${count} free ports from ${LEAST} to ${MOST}.`);
    const port = LEAST + Math.floor(Math.random() * (MOST - LEAST));
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
