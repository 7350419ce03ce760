import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { clock } from "../../shared/clock.ts";
import { UsageError } from "../cli/usage.ts";
import { declarations } from "../plan/declarations.ts";
import { indexes } from "../plan/indexes.ts";
import { planOf } from "../plan/plan.ts";
import type { Deployment } from "./deployment.ts";
import { needsOfFunctions } from "./needs.ts";
import type { Target } from "./target.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Returns the environment, with the settings of a file that the environment lacks. */
export function environmentWith(file: string | undefined): NodeJS.ProcessEnv {
  if (file === undefined) return process.env;
  if (!existsSync(file))
    throw new UsageError(`--env-file invalid: expected a file, but ${file} does not exist.`);
  const settings = parseEnv(readFileSync(file, "utf8"));
  for (const [name, value] of Object.entries(settings)) process.env[name] ??= value;
  return process.env;
}

/** Derives a deployment from the declarations of the functions in this folder. */
export async function prepare(target: Target): Promise<Omit<Deployment, "value">> {
  Object.assign(process.env, { GCP_PROJECT_ID: target.project, CALLER_AUTH: "iam" });
  const declared = await declarations();
  return {
    target,
    declarations: declared,
    plan: planOf(declared),
    indexes,
    needs: needsOfFunctions(),
    sourceOf: name => `dist/${name}`,
    sourceHash,
    nowMs: clock.now(),
  };
}

/** Characters of a hash. A label holds at most 63 characters. */
const HASH_CHARACTERS = 40;

/** Returns the hash of all files that are uploaded for a function; "none" when it was not built. */
function sourceHash(name: string): string {
  const folder = join(root, "dist", name);
  if (!existsSync(folder)) return "none";
  const hash = createHash("sha256");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(file => file.isFile());
  for (const path of files.map(file => join(file.parentPath, file.name)).sort())
    hash.update(path.slice(folder.length)).update("\0").update(readFileSync(path)).update("\0");
  return hash.digest("hex").slice(0, HASH_CHARACTERS);
}
