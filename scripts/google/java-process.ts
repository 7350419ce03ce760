import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** A ready emulator. */
export interface RunningEmulator {
  /** host:port, as the official clients take it. */
  host: string;
  /** Id of the Java process, for measurements of its memory. */
  pid: number;
  /** Kills the process, which has nothing to save. Resolves when the process has ended. */
  close(): Promise<void>;
}

/** Max time until an emulator is ready. A cold start takes 1 s; several at once on a busy machine took 10 s. */
const READY_WITHIN_MS = 60_000;
const RETRY_AFTER_MS = 50;
/** Max characters of kept output. Only the output of a failed start matters; under load there is far more. */
const KEPT_OUTPUT = 20_000;

/**
 * Runs Java on a free port of 127.0.0.1, and waits until the port answers HTTP.
 * @throws Error with the output of the process when it ends before, or is not ready after a minute
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
  const atEnd = new AbortController();
  const ended = new Promise<string>(resolve => {
    child.once("error", error => resolve(error.message));
    child.once("close", (code, signal) => resolve(`the process ended with ${signal ?? code}`));
  });
  ended.then(() => atEnd.abort());
  const endGuard = killWithUs(child);
  const close = async () => {
    endGuard();
    child.kill("SIGKILL");
    await ended;
  };
  const failure = await Promise.race([ended, untilReady(host, atEnd.signal)]);
  if (failure !== undefined || child.pid === undefined) {
    await close();
    throw new Error(`Google's emulator did not start: ${failure}\n${java} ${args.join(" ")}\n${output}`);
  }
  return { host, pid: child.pid, close };
}

/** Finds a port of 127.0.0.1 that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Waits until the host answers HTTP. @returns undefined, or the reason when no answer came in time */
async function untilReady(host: string, atEnd: AbortSignal): Promise<string | undefined> {
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadlineMs && !atEnd.aborted) {
    try {
      const answer = await fetch(`http://${host}/`);
      await answer.body?.cancel();
      return undefined;
    } catch {
      await wait(RETRY_AFTER_MS);
    }
  }
  return `timed out after ${READY_WITHIN_MS / 1000} s without an answer`;
}

/**
 * Program of the guard, a second process. The guard kills the child when the pipe to our process ends. Even a SIGKILL
 * of our process ends that pipe.
 */
const GUARD = `
  const [, pid, signal] = process.argv;
  process.on("SIGINT", () => {});
  process.stdin.resume().on("close", () => { try { process.kill(Number(pid), signal); } catch {} });
`;

/**
 * Ends a child process when our process ends, whatever the cause.
 * @returns a function that stops the guard
 */
export function killWithUs({ pid }: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): () => void {
  if (pid === undefined) return () => undefined;
  const args = ["-e", GUARD, String(pid), signal];
  const guard = spawn(process.execPath, args, { stdio: ["pipe", "ignore", "ignore"], detached: true });
  guard.unref();
  return () => guard.kill("SIGKILL");
}
