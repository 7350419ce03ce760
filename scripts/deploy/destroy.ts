import { UsageError } from "../cli/usage.ts";
import { DESTROY_HELP, flagsIn } from "./flags.ts";
import { createGcloud } from "./gcloud.ts";
import { environmentWith, prepare } from "./prepare.ts";
import { removeStages } from "./remove.ts";
import { stagesOf } from "./stages.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  process.exitCode = await destroy(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

async function destroy(args: readonly string[]): Promise<number> {
  const flags = flagsIn(args, environmentWith);
  if (!flags) {
    say(DESTROY_HELP);
    return 0;
  }
  const { target, withData, dryRun } = flags;
  const deployment = { ...(await prepare(target)), value: () => "" };
  const failed = await removeStages(stagesOf(deployment), {
    gcloud: createGcloud(process.env),
    withData,
    dryRun,
    say,
  });
  if (failed > 0) say(`${failed} could not be removed. Run it again when the reasons above are gone.`);
  else if (!withData) say(`What holds data was kept; --with-data ${target.project} takes that away, too.`);
  return failed > 0 ? 1 : 0;
}
