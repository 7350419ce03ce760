import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Command, Input } from "./resource.ts";
import { FILE } from "./resource.ts";

/** Runs one command of gcloud and returns its output. */
export type Gcloud = (command: Command) => Promise<string>;

/** A failed command, with the error that gcloud printed. */
export class GcloudFailed extends Error {
  override name = "GcloudFailed";
}

/** Max processes of gcloud at once. Each start takes a second of processor time, so more would not be faster. */
export const AT_ONCE = 6;

/** Errors that pass: an account or a right that has not spread yet, two changes at once. */
const TRANSIENT =
  /does not exist|concurrent|ABORTED|try again|UNAVAILABLE|RESOURCE_EXHAUSTED|not been used in project/i;
/** Pauses before the retries of a transient error. */
const PAUSES_MS = [3_000, 10_000, 30_000];

/**
 * Creates a runner of gcloud.
 * @param pausesMs the pauses before the retries of a transient error
 * @returns a function that throws GcloudFailed with the error that gcloud printed
 */
export function createGcloud(
  environment: NodeJS.ProcessEnv,
  pausesMs: readonly number[] = PAUSES_MS,
): Gcloud {
  return async command => {
    const input = command.input && textOf(command.input, environment);
    const run = () =>
      withFile(command.args, input, args => runOnce({ ...command, args }, { input, environment }));
    for (const pauseMs of pausesMs) {
      try {
        return await run();
      } catch (error) {
        if (!(error instanceof GcloudFailed) || isReading(command) || !TRANSIENT.test(error.message))
          throw error;
        await delay(pauseMs);
      }
    }
    return run();
  };
}

/** Writes the input to a temporary file: a process that Node starts cannot open its own stdin as a file. */
async function withFile<R>(
  args: readonly string[],
  text = "",
  run: (args: readonly string[]) => Promise<R>,
): Promise<R> {
  if (!args.some(arg => arg.endsWith(FILE))) return run(args);
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-"));
  const file = join(folder, "input");
  try {
    writeFileSync(file, text, { mode: 0o600 });
    return await run(args.map(arg => (arg.endsWith(FILE) ? arg.slice(0, -FILE.length) + file : arg)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const isReading = ({ args }: Command) => args.some(arg => /^(list|describe|get-iam-policy)$/.test(arg));

function textOf(input: Input, environment: NodeJS.ProcessEnv): string {
  if ("text" in input) return input.text;
  if ("random" in input) return randomBytes(32).toString("hex");
  const value = environment[input.env];
  if (value) return value;
  throw new GcloudFailed(`${input.env} missing: set it in the environment or in the file of --env-file.`);
}

function runOnce(
  { program, args }: Command,
  { input, environment }: { input: string | undefined; environment: NodeJS.ProcessEnv },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...environment, CLOUDSDK_CORE_DISABLE_PROMPTS: "1" };
    const child = spawn(program === "node" ? process.execPath : (program ?? "gcloud"), args, {
      env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    let out = "";
    let errors = "";
    child.stdout.on("data", chunk => (out += chunk));
    child.stderr.on("data", chunk => (errors += chunk));
    child.on("error", error => reject(new GcloudFailed(missing(error))));
    child.on("close", code => (code === 0 ? resolve(out) : reject(new GcloudFailed(errorIn(errors || out)))));
    child.stdin.on("error", () => undefined); // the process ended before it read its input
    child.stdin.end(input ?? "");
  });
}

/** Returns the error in gcloud's output, without warnings and usage. */
function errorIn(output: string): string {
  const at = output.indexOf("ERROR: ");
  const [error = ""] = output.slice(Math.max(at, 0)).split(/\n(?:\n|Usage:)/);
  return error.trim();
}

function missing(error: Error): string {
  if (Object(error).code !== "ENOENT") return error.message;
  return "gcloud is not installed: see https://cloud.google.com/sdk/docs/install";
}
