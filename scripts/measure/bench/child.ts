import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** A script of this repository that runs in a process of its own. */
export interface Child {
  pid: number;
  /** First group of the pattern that announced its readiness, such as an address. */
  ready: string;
  /** Ends the process and waits until it is gone. */
  close(): Promise<void>;
}

/**
 * Runs a script and waits until its output matches a pattern. Later output is dropped, except standard error. SIGTERM
 * ends the script; the end of its standard input does too, in case this process dies.
 * @throws Error with the output when the script ends before it is ready
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
    ended.then(
      () => reject(new Error(`${script} ended too early: expected output like ${pattern}, got\n${output}`)),
      reject,
    );
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
