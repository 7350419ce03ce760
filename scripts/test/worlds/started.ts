import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** A running `npm start`, in a process of its own. */
export interface Started {
  /** Address of the gateway. */
  url: string;
  /** Returns all output so far. */
  output(): string;
  /** Resolves when the output after a position matches. The caller limits the time. */
  printed(pattern: RegExp, since?: number): Promise<RegExpExecArray>;
  /** Sends a signal and returns the exit code; null when the signal ended the process. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `npm start` and waits until it is ready. */
export async function startProcess(args: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, ["scripts/start/main.mjs", ...args], { cwd: root, env: process.env });
  let output = "";
  let wake = (): void => undefined;
  const more = (chunk: Buffer): void => {
    output += chunk.toString("utf8");
    wake();
  };
  child.stdout.on("data", more);
  child.stderr.on("data", more);
  const exited = once(child, "close").then(([code]: (number | null)[]) => {
    wake();
    return code ?? null;
  });
  const printed = async (pattern: RegExp, since = 0): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(output.slice(since));
      if (match) return match;
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`npm start ended early: expected output ${pattern}, got:\n${output}`);
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    }
  };
  const [, url = ""] = await printed(/PulseCart is ready at (\S+)/);
  return {
    url,
    output: () => output,
    printed,
    end: signal => {
      child.kill(signal);
      return exited;
    },
  };
}
