import { createSemaphore } from "../cli/semaphore.ts";
import type { ValueName } from "./deployment.ts";
import type { Gcloud } from "./gcloud.ts";
import { AT_ONCE, GcloudFailed } from "./gcloud.ts";
import type { Found, Resource, Stage } from "./resource.ts";
import { differencesOf } from "./resource.ts";
import { createState } from "./state.ts";

/** What came of one resource. */
export interface Outcome {
  stage: string;
  resource: Resource;
  outcome: "same" | "made" | "changed" | "missing" | "differs" | "failed" | "not done";
  /** What differed, or what gcloud said. */
  details: readonly string[];
}

export interface Apply {
  gcloud: Gcloud;
  /** Where values that are looked up go. */
  values: Map<ValueName, string>;
  /** Nothing is changed. */
  checkOnly: boolean;
  only?: string | undefined;
  report(outcome: Outcome): void;
}

/**
 * Goes through the stages: what is missing is made, what differs is changed, what is as wanted is left alone. After a
 * stage in which something failed nothing more is tried; what was made stays, so the next run goes on from there.
 */
export async function applyStages(stages: readonly Stage[], apply: Apply): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
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

/** What cannot be looked up is not there yet: what needs it will say so. */
async function lookUp({ variables = [] }: Stage, { gcloud, values }: Apply): Promise<void> {
  await Promise.all(
    variables.map(async ({ name, args }) => {
      const value = await gcloud({ args }).catch(() => "");
      if (value.trim() !== "") values.set(name, value.trim());
    }),
  );
}

async function applyStage(stage: string, resources: readonly Resource[], apply: Apply): Promise<Outcome[]> {
  const state = createState(apply.gcloud);
  const turns = createSemaphore(AT_ONCE);
  const queues = new Map<string, Promise<unknown>>();
  const one = async (resource: Resource): Promise<Outcome> => {
    const done = await turns.run(() => applyOne(resource, { state, ...apply }));
    const outcome = { stage, resource, ...done };
    apply.report(outcome);
    return outcome;
  };
  // First what is there, all at once: changes must not wait for readings that others do.
  await Promise.all(resources.map(({ read }) => turns.run(() => state.find(read).catch(() => undefined))));
  return Promise.all(
    resources.map(resource => {
      if (resource.queue === undefined) return one(resource);
      const next = (queues.get(resource.queue) ?? Promise.resolve()).then(() => one(resource));
      queues.set(resource.queue, next);
      return next;
    }),
  );
}

type Ended = Pick<Outcome, "outcome" | "details">;

type Applying = Apply & { state: ReturnType<typeof createState> };

async function applyOne(resource: Resource, applying: Applying): Promise<Ended> {
  try {
    const found = await applying.state.find(resource.read);
    return found ? await changeOne(resource, found, applying) : await makeOne(resource, applying);
  } catch (error) {
    if (error instanceof GcloudFailed) return { outcome: "failed", details: [error.message] };
    throw error;
  }
}

async function makeOne({ create }: Resource, { gcloud, checkOnly }: Applying): Promise<Ended> {
  if (checkOnly) return { outcome: "missing", details: [] };
  for (const command of create) await gcloud(command);
  return { outcome: "made", details: [] };
}

async function changeOne(resource: Resource, found: Found, { gcloud, checkOnly }: Applying): Promise<Ended> {
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
