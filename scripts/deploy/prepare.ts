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

/** The environment, and what a file adds to it for settings that it lacks. */
export function environmentWith(file: string | undefined): NodeJS.ProcessEnv {
  if (file === undefined) return process.env;
  if (!existsSync(file)) throw new UsageError(`--env-file: there is no ${file}.`);
  const settings = parseEnv(readFileSync(file, "utf8"));
  for (const [name, value] of Object.entries(settings)) process.env[name] ??= value;
  return process.env;
}

/** What is to be deployed: derived from the functions of this folder, as their own code declares them. */
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

/** Labels hold 63 characters. */
const HASH_CHARACTERS = 40;

/** Of everything that is uploaded for a function; "none" where it was not built. */
function sourceHash(name: string): string {
  const folder = join(root, "dist", name);
  if (!existsSync(folder)) return "none";
  const hash = createHash("sha256");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(file => file.isFile());
  for (const path of files.map(file => join(file.parentPath, file.name)).sort())
    hash.update(path.slice(folder.length)).update("\0").update(readFileSync(path)).update("\0");
  return hash.digest("hex").slice(0, HASH_CHARACTERS);
}
