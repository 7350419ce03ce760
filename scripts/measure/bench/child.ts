import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** A server of ours in a process of its own. */
export interface Child {
  pid: number;
  /** What it printed when it was ready, as the pattern's first group. */
  ready: string;
  /** Ends it; resolves once it is gone. */
  close(): Promise<void>;
}

/**
 * Runs a script of this repository and resolves once it has printed what the pattern describes; what it prints
 * later is read and dropped. It is asked to end by SIGTERM, and by the end of its standard input should this
 * process die.
 * @throws Error with its output when it ends before
 */
export async function startChild(script: string, args: readonly string[], pattern: RegExp): Promise<Child> {
  const flags = process.env["BENCH_NODE_FLAGS"]?.split(" ") ?? [];
  const child = spawn(process.execPath, [...flags, script, ...args], { cwd: root });
  const ended = once(child, "close");
  let output = "";
  const ready = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString("utf8");
      const match = pattern.exec(output);
      if (match) resolve(match[1] ?? "");
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    ended.then(() => reject(new Error(`${script} ended before it was ready:\n${output}`)), reject);
  });
  child.stdout.removeAllListeners("data").resume();
  child.stderr.removeAllListeners("data").pipe(process.stderr);
  return {
    pid: child.pid ?? 0,
    ready,
    async close() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
