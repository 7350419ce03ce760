import { runCommand } from "../cli/run-command.ts";
import type { DestroyOptions } from "./flags.ts";
import { DESTROY, destroyOptions } from "./flags.ts";
import { createGcloud } from "./gcloud.ts";
import { environmentWith, prepare } from "./prepare.ts";
import { removeStages } from "./remove.ts";
import { stagesOf } from "./stages.ts";

await runCommand({ line: DESTROY, read: args => destroyOptions(args, environmentWith), run: destroy });

async function destroy({ target, withData, dryRun }: DestroyOptions): Promise<number> {
  const deployment = { ...(await prepare(target)), value: () => "" };
  const failed = await removeStages(stagesOf(deployment), {
    gcloud: createGcloud(process.env),
    withData,
    dryRun,
    say,
  });
  if (failed > 0)
    say(`${failed} resources could not be deleted: correct the causes above and run this again.`);
  else if (!withData) say(`Resources with data were kept: --with-data ${target.project} deletes them, too.`);
  return failed > 0 ? 1 : 0;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
