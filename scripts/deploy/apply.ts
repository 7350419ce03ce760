import { createSemaphore } from "../cli/semaphore.ts";
import type { ValueName } from "./deployment.ts";
import type { Gcloud } from "./gcloud.ts";
import { AT_ONCE, GcloudFailed } from "./gcloud.ts";
import type { Found, Resource, Stage } from "./resource.ts";
import { differencesOf } from "./resource.ts";
import { createState } from "./state.ts";

/** The result for one resource. */
export interface ResourceOutcome {
  stage: string;
  resource: Resource;
  outcome: "same" | "made" | "changed" | "missing" | "differs" | "failed" | "not done";
  /** The differences, or the error of gcloud. */
  details: readonly string[];
}

export interface Apply {
  gcloud: Gcloud;
  /** Receives the values of variables. */
  values: Map<ValueName, string>;
  /** True: differences are reported and nothing is changed. */
  checkOnly: boolean;
  /** The one function whose resources are applied. Absent: all resources. */
  only?: string;
  report(outcome: ResourceOutcome): void;
}

/**
 * Applies the stages in order: creates missing resources and changes resources that differ.
 * A failure ends the run after its stage. Created resources stay, so the next run continues from there.
 */
export async function applyStages(stages: readonly Stage[], apply: Apply): Promise<ResourceOutcome[]> {
  const outcomes: ResourceOutcome[] = [];
  for (const stage of stages) {
    const isBroken = outcomes.some(({ outcome }) => outcome === "failed");
    if (!isBroken) await lookUp(stage, apply);
    const wanted = stage
      .resources()
      .filter(({ functionName }) => [undefined, functionName].includes(apply.only));
    const done = isBroken
      ? wanted.map(resource => ({ stage: stage.title, resource, outcome: "not done" as const, details: [] }))
      : await applyStage(stage.title, wanted, apply);
    outcomes.push(...done);
  }
  return outcomes;
}

/** Reads the variables of a stage. A missing value makes the resources that need it fail. */
async function lookUp({ variables = [] }: Stage, { gcloud, values }: Apply): Promise<void> {
  await Promise.all(
    variables.map(async ({ name, args }) => {
      const value = await gcloud({ args }).catch(() => "");
      if (value.trim() !== "") values.set(name, value.trim());
    }),
  );
}

async function applyStage(
  stage: string,
  resources: readonly Resource[],
  apply: Apply,
): Promise<ResourceOutcome[]> {
  const state = createState(apply.gcloud);
  const semaphore = createSemaphore(AT_ONCE);
  const queues = new Map<string, Promise<unknown>>();
  const one = async (resource: Resource): Promise<ResourceOutcome> => {
    const done = await semaphore.run(() => applyOne(resource, { state, ...apply }));
    const outcome = { stage, resource, ...done };
    apply.report(outcome);
    return outcome;
  };
  // All readings come first and at once, so that no change waits for the reading of another resource.
  await Promise.all(
    resources.map(({ read }) => semaphore.run(() => state.find(read).catch(() => undefined))),
  );
  return Promise.all(
    resources.map(resource => {
      if (resource.queue === undefined) return one(resource);
      const next = (queues.get(resource.queue) ?? Promise.resolve()).then(() => one(resource));
      queues.set(resource.queue, next);
      return next;
    }),
  );
}

type Applied = Pick<ResourceOutcome, "outcome" | "details">;

type Applying = Apply & { state: ReturnType<typeof createState> };

async function applyOne(resource: Resource, applying: Applying): Promise<Applied> {
  try {
    const found = await applying.state.find(resource.read);
    return found ? await changeOne(resource, found, applying) : await makeOne(resource, applying);
  } catch (error) {
    if (error instanceof GcloudFailed) return { outcome: "failed", details: [error.message] };
    throw error;
  }
}

async function makeOne({ create }: Resource, { gcloud, checkOnly }: Applying): Promise<Applied> {
  if (checkOnly) return { outcome: "missing", details: [] };
  for (const command of create) await gcloud(command);
  return { outcome: "made", details: [] };
}

async function changeOne(
  resource: Resource,
  found: Found,
  { gcloud, checkOnly }: Applying,
): Promise<Applied> {
  const details = differencesIn(resource, found);
  if (details.length > 0 && checkOnly) return { outcome: "differs", details };
  const commands = details.length > 0 ? (resource.update?.(found) ?? resource.create) : [];
  if (commands.length === 0) return { outcome: "same", details };
  for (const command of commands) await gcloud(command);
  return { outcome: "changed", details };
}

function differencesIn({ differences, wanted }: Resource, found: Found): string[] {
  return differences ? differences(found) : differencesOf(found, wanted);
}
