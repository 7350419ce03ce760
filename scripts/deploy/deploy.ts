import { spawnSync } from "node:child_process";
import { UsageError } from "../cli/usage.ts";
import type { Outcome } from "./apply.ts";
import { applyStages } from "./apply.ts";
import type { Deployment, ValueName } from "./deployment.ts";
import { DEPLOY_HELP, flagsIn, refuseMissing } from "./flags.ts";
import type { Gcloud } from "./gcloud.ts";
import { createGcloud } from "./gcloud.ts";
import { findLeftovers, removeLeftovers } from "./leftovers.ts";
import { environmentWith, prepare } from "./prepare.ts";
import { lineOf, summaryOf } from "./report.ts";
import { scriptOf } from "./script.ts";
import { stagesOf } from "./stages.ts";
import { undeliveredOf } from "./undelivered.ts";

try {
  process.exitCode = await deploy(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

async function deploy(args: readonly string[]): Promise<number> {
  const flags = flagsIn(args, environmentWith);
  if (!flags) return say(DEPLOY_HELP);
  const { target, only, dryRun, check } = flags;
  refuseMissing(target);
  if (flags.build) build();
  const values = new Map<ValueName, string>();
  const value: Deployment["value"] = name => values.get(name) ?? `$${name}`;
  const deployment = { ...(await prepare(target)), value };
  if (only !== undefined && !deployment.needs.has(only))
    throw new UsageError(`--only takes the name of a function: ${[...deployment.needs.keys()].join(", ")}.`);
  const stages = stagesOf(deployment);
  if (dryRun)
    return say(scriptOf(stages, `PulseCart in ${target.project}, ${target.region}.`, only).trimEnd());
  const report = (outcome: Outcome) => {
    const line = lineOf(outcome);
    if (line !== undefined) say(line);
  };
  const gcloud = createGcloud(process.env);
  const outcomes = await applyStages(stages, { gcloud, values, only, checkOnly: check, report });
  const isComplete = outcomes.every(({ outcome }) => ["same", "made", "changed"].includes(outcome));
  const left = only === undefined && !outcomes.some(({ outcome }) => outcome === "failed");
  const leftovers = left ? await tidy(deployment, { gcloud, checkOnly: check }) : [];
  for (const { line } of leftovers) say(line);
  say(summaryOf(outcomes));
  return isComplete && !(check && leftovers.length > 0) ? 0 : 1;
}

/** What is there and not needed any more goes, as soon as it may. */
async function tidy(deployment: Deployment, { gcloud, checkOnly }: { gcloud: Gcloud; checkOnly: boolean }) {
  const undelivered = undeliveredOf(deployment.target, gcloud, deployment.nowMs);
  const leftovers = await findLeftovers(deployment, { gcloud, undelivered });
  return removeLeftovers(leftovers, { gcloud, checkOnly });
}

/** What is deployed is what lies here now. */
function build(): void {
  const { status } = spawnSync(process.execPath, ["esbuild.config.mjs"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new UsageError("The functions could not be built: see above.");
}

function say(text: string): 0 {
  process.stdout.write(`${text}\n`);
  return 0;
}
