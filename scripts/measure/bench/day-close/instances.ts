import type { ChildProcess } from "node:child_process";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { waitForPort } from "../../../local-cloud/wait-for-port.ts";
import { residentMemory } from "../resident-memory.ts";

/** Instances of functions as they are deployed: each a process of its own that runs the functions-framework. */
export interface Instances {
  /** Lists the instances that have ended, with their exit code. The usual cause is memory. */
  ended(): readonly string[];
  /** Peak memory of the largest instance, in bytes. */
  peakBytes(): number;
  /** Processor time of all instances so far, in seconds; 0 on systems other than Linux. */
  cpuSeconds(): number;
  close(): Promise<void>;
}

export interface InstanceSettings {
  /** The folder for bundles and logs. */
  folder: string;
  /** The ports of a function's instances, by the function's name. */
  ports: Readonly<Record<string, readonly number[]>>;
  environment: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const FRAMEWORK = join(
  dirname(createRequire(import.meta.url).resolve("@google-cloud/functions-framework")),
  "main.js",
);

const PRELOAD = fileURLToPath(new URL("end-with-parent.mjs", import.meta.url));

/**
 * Heap limits of an instance. In a container of 256 MiB, V8 by default takes half of the memory and a small young
 * generation. On a machine with more memory V8 needs these flags.
 */
const HEAP_FLAGS = ["--max-old-space-size=128", "--max-semi-space-size=1"];

/** Builds the functions as they are deployed, starts their instances, and waits until all of them answer. */
export async function startInstances({ folder, ports, environment }: InstanceSettings): Promise<Instances> {
  const bundles = join(folder, "bundles");
  const names = Object.keys(ports);
  await promisify(execFile)(process.execPath, [join(root, "esbuild.config.mjs"), bundles, ...names]);
  const living: ChildProcess[] = [];
  const ended: string[] = [];
  const start = (name: string, port: number): void => {
    const args = ["--import", PRELOAD, ...HEAP_FLAGS, FRAMEWORK, `--target=${name}`];
    const output = openSync(join(folder, `${name}.log`), "a");
    const child = spawn(process.execPath, [...args, `--source=${join(bundles, name)}`, `--port=${port}`], {
      env: { ...process.env, ...environment },
      stdio: ["pipe", output, output],
    });
    closeSync(output);
    child.once("exit", (code, signal) => ended.push(`${name} ended with ${signal ?? code}`));
    living.push(child);
  };
  for (const name of names) for (const port of ports[name] ?? []) start(name, port);
  await Promise.all(Object.values(ports).flat().map(waitForPort));
  return {
    ended: () => ended,
    peakBytes: () => Math.max(...living.map(({ pid = 0 }) => residentMemory(pid).peakBytes)),
    cpuSeconds: () => living.reduce((sum, { pid = 0 }) => sum + cpuSecondsOf(pid), 0),
    close: async () => void (await Promise.all(living.map(end))),
  };
}

/** Reads user and system time: the 12th and 13th field behind the name in proc_pid_stat(5). */
function cpuSecondsOf(pid: number): number {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return 0;
  const fields = readFileSync(stat, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Clock ticks per second in /proc: 100 for programs, independent of the kernel's own ticks. */
const TICKS_PER_SECOND = 100;

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
