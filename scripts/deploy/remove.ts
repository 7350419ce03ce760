import type { Gcloud } from "./gcloud.ts";
import { GcloudFailed } from "./gcloud.ts";
import type { Resource, Stage } from "./resource.ts";
import { createState } from "./state.ts";

export interface Removal {
  gcloud: Gcloud;
  withData: boolean;
  /** True: the removals are printed and none is done. */
  dryRun: boolean;
  say(line: string): void;
}

/**
 * Removes the resources of the stages, the last stage first. APIs stay enabled.
 * Resources with data stay unless `withData` is set: database, secrets, topics, subscriptions and queues.
 * @returns the number of resources that could not be removed
 */
export async function removeStages(stages: readonly Stage[], removal: Removal): Promise<number> {
  let failed = 0;
  for (const stage of [...stages].reverse()) {
    const state = createState(removal.gcloud);
    const removable = stage.resources().filter(({ remove }) => remove !== undefined);
    for (const resource of removable.reverse())
      failed += (await removeOne(resource, { ...removal, state })) ? 0 : 1;
  }
  return failed;
}

async function removeOne(
  resource: Resource,
  { gcloud, withData, dryRun, say, state }: Removal & { state: ReturnType<typeof createState> },
): Promise<boolean> {
  const { kind, name, read, remove, holdsData } = resource;
  const found = await state.find(read);
  if (!found || !remove) return true;
  if (holdsData && !withData) {
    say(`kept     ${kind} ${name}`);
    return true;
  }
  try {
    if (!dryRun) for (const command of remove(found)) await gcloud(command);
    say(`${dryRun ? "would go" : "removed "} ${kind} ${name}`);
    return true;
  } catch (error) {
    if (!(error instanceof GcloudFailed)) throw error;
    say(`failed   ${kind} ${name}\n    ${error.message.replaceAll("\n", "\n    ")}`);
    return false;
  }
}
