import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ServicesProcessOptions, ServicesReady } from "./services-process.ts";

/** The local cloud in a process of its own. */
export interface ServicesProcess extends ServicesReady {
  /** Kills the process with SIGKILL. After `downMs` a new process starts on the same data. */
  restart(downMs: number): Promise<void>;
  /** Returns the number of kills so far. */
  kills(): number;
  /** One sentence for each end without a kill. */
  readonly ended: readonly string[];
  close(): Promise<void>;
}

const MAIN = fileURLToPath(new URL("services-process.ts", import.meta.url));

/** Starts the local cloud in a process of its own, with its output in a log file. */
export async function startServicesProcess(
  options: ServicesProcessOptions,
  log: string,
): Promise<ServicesProcess> {
  const ended: string[] = [];
  let kills = 0;
  const start = async () => {
    const output = openSync(log, "a");
    // Detached: Ctrl-C must reach the parent only.
    const child = fork(MAIN, { execArgv: [], stdio: ["ignore", output, output, "ipc"], detached: true });
    closeSync(output);
    child.once("exit", (code, signal) => {
      if (signal === "SIGKILL") kills += 1;
      else ended.push(`The local cloud ended without a kill, with ${signal ?? code}: see ${log}`);
    });
    child.send(options);
    return { child, ready: (await readyMessageOf(child, log)) as ServicesReady };
  };
  const { child: first, ready } = await start();
  let child = first;
  return {
    ...ready,
    ended,
    kills: () => kills,
    async restart(downMs) {
      await end(child);
      await delay(downMs);
      ({ child } = await start());
    },
    close: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

/**
 * Waits for the first message of the process.
 * @throws Error when the process ends before
 */
async function readyMessageOf(child: ChildProcess, log: string): Promise<unknown> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`The local cloud ended before it was ready, with ${code}: see ${log}`);
  });
  ended.catch(() => undefined);
  const [message] = (await Promise.race([once(child, "message"), ended])) as unknown[];
  return message;
}
