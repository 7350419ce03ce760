import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ServicesTold, ServicesWanted } from "./services-process.ts";

/** The local cloud in a process of its own. */
export interface ServicesProcess extends ServicesTold {
  /** Kills it with SIGKILL and starts it again on the same data, so much later. */
  restart(downMs: number): Promise<void>;
  /** How often it was killed so far. */
  kills(): number;
  /** How often it ended without being killed, in words. */
  readonly ended: readonly string[];
  close(): Promise<void>;
}

const MAIN = fileURLToPath(new URL("services-process.ts", import.meta.url));

export async function startServicesProcess(wanted: ServicesWanted, log: string): Promise<ServicesProcess> {
  const ended: string[] = [];
  let kills = 0;
  const start = async () => {
    const output = openSync(log, "a");
    // Ctrl-C is for whoever started it.
    const child = fork(MAIN, { execArgv: [], stdio: ["ignore", output, output, "ipc"], detached: true });
    closeSync(output);
    child.once("exit", (code, signal) => {
      if (signal === "SIGKILL") kills += 1;
      else ended.push(`The local cloud ended by itself with ${signal ?? code}: see ${log}`);
    });
    child.send(wanted);
    return { child, told: (await answerOf(child, log)) as ServicesTold };
  };
  let { child, told } = await start();
  return {
    ...told,
    ended,
    kills: () => kills,
    async restart(downMs) {
      await end(child);
      await delay(downMs);
      ({ child, told } = await start());
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

/** @throws Error when the process ended instead */
async function answerOf(child: ChildProcess, log: string): Promise<unknown> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`The local cloud ended with ${code} before it was ready: see ${log}`);
  });
  ended.catch(() => undefined);
  const [answer] = (await Promise.race([once(child, "message"), ended])) as unknown[];
  return answer;
}
