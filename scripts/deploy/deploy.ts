import { spawnSync } from "node:child_process";
import { runCommand } from "../cli/run-command.ts";
import { UsageError } from "../cli/usage.ts";
import type { ResourceOutcome } from "./apply.ts";
import { applyStages } from "./apply.ts";
import type { Deployment, ValueName } from "./deployment.ts";
import type { DeployOptions } from "./flags.ts";
import { DEPLOY, deployOptions } from "./flags.ts";
import type { Gcloud } from "./gcloud.ts";
import { createGcloud } from "./gcloud.ts";
import { findLeftovers, removeLeftovers } from "./leftovers.ts";
import { environmentWith, prepare } from "./prepare.ts";
import { lineOf, PRODUCERS_LINE, summaryOf } from "./report.ts";
import { scriptOf } from "./script.ts";
import { stagesOf } from "./stages.ts";
import { undeliveredOf } from "./undelivered.ts";

await runCommand({ line: DEPLOY, read: args => deployOptions(args, environmentWith), run: deploy });

async function deploy({ target, only, dryRun, check, build }: DeployOptions): Promise<number> {
  if (build) buildFunctions();
  const values = new Map<ValueName, string>();
  const value: Deployment["value"] = name => values.get(name) ?? `$${name}`;
  const deployment = { ...(await prepare(target)), value };
  if (only !== undefined && !deployment.needs.has(only)) {
    const names = [...deployment.needs.keys()].join(", ");
    throw new UsageError(`--only invalid: expected one of ${names}, got "${only}".`);
  }
  const stages = stagesOf(deployment);
  if (dryRun) {
    say(
      scriptOf(
        stages,
        `PulseCart in ${target.project}, ${target.region}.\n# ${PRODUCERS_LINE}`,
        only,
      ).trimEnd(),
    );
    return 0;
  }
  const gcloud = createGcloud(process.env);
  const outcomes = await applyStages(stages, { gcloud, values, only, checkOnly: check, report });
  const isComplete = outcomes.every(({ outcome }) => ["same", "made", "changed"].includes(outcome));
  const isTidied = only === undefined && !outcomes.some(({ outcome }) => outcome === "failed");
  const leftovers = isTidied ? await removeUnneeded(deployment, { gcloud, checkOnly: check }) : [];
  for (const { line } of leftovers) say(line);
  say(summaryOf(outcomes));
  say(PRODUCERS_LINE);
  return isComplete && !(check && leftovers.length > 0) ? 0 : 1;
}

function report(outcome: ResourceOutcome): void {
  const line = lineOf(outcome);
  if (line !== undefined) say(line);
}

/** Removes the resources that an earlier deployment needed, as soon as their removal is safe. */
async function removeUnneeded(
  deployment: Deployment,
  { gcloud, checkOnly }: { gcloud: Gcloud; checkOnly: boolean },
) {
  const undelivered = undeliveredOf(deployment.target, gcloud, deployment.nowMs);
  const leftovers = await findLeftovers(deployment, { gcloud, undelivered });
  return removeLeftovers(leftovers, { gcloud, checkOnly });
}

/** Bundles the functions, so that the deployment holds the code of this folder. */
function buildFunctions(): void {
  const { status } = spawnSync(process.execPath, ["esbuild.config.mjs"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new UsageError("Functions not built: correct the error above.");
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
