import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Command, Input } from "./resource.ts";
import { FILE } from "./resource.ts";

/** Runs gcloud; answers what it printed. */
export type Gcloud = (command: Command) => Promise<string>;

/** What gcloud said when it could not do what it was asked. */
export class GcloudFailed extends Error {
  override name = "GcloudFailed";
}

/** Every start of gcloud takes a second of processor time: more at once would only wait for each other. */
export const AT_ONCE = 6;

/** What passes by itself: an account or a permission that is not known everywhere yet, two changes at once. */
const PASSING =
  /does not exist|concurrent|ABORTED|try again|UNAVAILABLE|RESOURCE_EXHAUSTED|not been used in project/i;
const PAUSES_MS = [3_000, 10_000, 30_000];

/**
 * @param pausesMs how long to wait before what failed in passing is tried again
 * @throws GcloudFailed from every call that did not end well, with what gcloud said
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
        if (!(error instanceof GcloudFailed) || isReading(command) || !PASSING.test(error.message))
          throw error;
        await delay(pauseMs);
      }
    }
    return run();
  };
}

/** A process that Node starts cannot open its own input as a file: it gets a real one. */
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
  throw new GcloudFailed(
    `${input.env} is not set: give it in the environment, or in the file of --env-file.`,
  );
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
    let said = "";
    child.stdout.on("data", chunk => (out += chunk));
    child.stderr.on("data", chunk => (said += chunk));
    child.on("error", error => reject(new GcloudFailed(missing(error))));
    child.on("close", code => (code === 0 ? resolve(out) : reject(new GcloudFailed(toldIn(said || out)))));
    child.stdin.on("error", () => undefined); // it ended before it read
    child.stdin.end(input ?? "");
  });
}

/** What went wrong, without how the command is used and what else was said. */
function toldIn(said: string): string {
  const at = said.indexOf("ERROR: ");
  const [told = ""] = said.slice(Math.max(at, 0)).split(/\n(?:\n|Usage:)/);
  return told.trim();
}

function missing(error: Error): string {
  if (Object(error).code !== "ENOENT") return error.message;
  return "gcloud is not installed: see https://cloud.google.com/sdk/docs/install";
}
