import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** An emulator that answers. */
export interface RunningEmulator {
  /** host:port, as the official clients take it. */
  host: string;
  /** Of the Java process, for its memory. */
  pid: number;
  /** Kills it: it has nothing to save. Resolves when it is gone. */
  close(): Promise<void>;
}

/** A cold start takes 1 s; several at once on a busy machine took 10. */
const READY_WITHIN_MS = 60_000;
const LOOK_AGAIN_MS = 50;
/** What it prints under load would fill the memory; what matters is why it did not start. */
const KEPT_OUTPUT = 20_000;

/**
 * Runs Java with these arguments and a free port of 127.0.0.1. Ready is when HTTP answers there.
 * @throws Error with the process's own output when it ends first or is not ready after a minute
 */
export async function startJava(java: string, args: readonly string[]): Promise<RunningEmulator> {
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const child = spawn(java, [...args, "--host=127.0.0.1", `--port=${port}`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", chunk => {
      if (output.length < KEPT_OUTPUT) output += chunk;
    });
  }
  const gone = new AbortController();
  const ended = new Promise<string>(resolve => {
    child.once("error", error => resolve(error.message));
    child.once("close", (code, signal) => resolve(`it ended with ${signal ?? code}`));
  });
  ended.then(() => gone.abort());
  const letGo = killWithUs(child);
  const close = async () => {
    letGo();
    child.kill("SIGKILL");
    await ended;
  };
  const failure = await Promise.race([ended, answers(host, gone.signal)]);
  if (failure !== undefined || child.pid === undefined) {
    await close();
    throw new Error(`Google's emulator did not start: ${failure}\n${java} ${args.join(" ")}\n${output}`);
  }
  return { host, pid: child.pid, close };
}

/** A port of 127.0.0.1 where nobody listens at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answers(host: string, gone: AbortSignal): Promise<string | undefined> {
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadlineMs && !gone.aborted) {
    try {
      const answer = await fetch(`http://${host}/`);
      await answer.body?.cancel();
      return undefined;
    } catch {
      await wait(LOOK_AGAIN_MS);
    }
  }
  return `it does not answer after ${READY_WITHIN_MS / 1000} s`;
}

/** A process of its own that waits for the end of our pipe: it sees even a SIGKILL of ours. */
const GUARD = `
  const [, pid, signal] = process.argv;
  process.on("SIGINT", () => {});
  process.stdin.resume().on("close", () => { try { process.kill(Number(pid), signal); } catch {} });
`;

/** Ends the child however our process ends, by itself with SIGKILL; returned is what ends this watch. */
export function killWithUs({ pid }: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): () => void {
  if (pid === undefined) return () => undefined;
  const args = ["-e", GUARD, String(pid), signal];
  const guard = spawn(process.execPath, args, { stdio: ["pipe", "ignore", "ignore"], detached: true });
  guard.unref();
  return () => guard.kill("SIGKILL");
}
