import { MINUTE_MS } from "../../shared/values/durations.ts";
import type { ResourceOutcome } from "./apply.ts";
import type { Deployment } from "./deployment.ts";
import type { Gcloud } from "./gcloud.ts";
import { SINCE } from "./messaging.ts";
import type { Command } from "./resource.ts";
import type { Target } from "./target.ts";
import { inLocation, inProject, urlOf } from "./target.ts";

/** A resource of PulseCart that the code does not need any more. */
export interface Leftover {
  kind: "old subscription" | "old job" | "old function";
  name: string;
  /** The reason why the resource stays for now. Absent: it can be removed. */
  stays?: string;
  remove: Command;
}

interface Existing {
  name: string;
  labels?: Record<string, string>;
  topic?: string;
  httpTarget?: { uri?: string };
}

/** Min age of a successor. Cloud Monitoring's numbers are some minutes old, and must describe a later time. */
const MIN_AGE_MS = 20 * MINUTE_MS;

/**
 * Finds resources that exist and are not in the plan.
 * A subscription whose filter or options changed has a successor with another name. The old subscription alone holds
 * its undelivered messages. A removal is safe when the successor is 20 minutes old and the last ten minutes had no
 * undelivered messages.
 */
export async function findLeftovers(
  deployment: Deployment,
  { gcloud, undelivered }: { gcloud: Gcloud; undelivered: Undelivered },
): Promise<Leftover[]> {
  const { target } = deployment;
  const list = async (args: readonly string[]): Promise<Existing[]> =>
    JSON.parse((await gcloud({ args: [...args, "--format=json"] })) || "[]");
  const [subscriptions, jobs, functions] = await Promise.all([
    list(["pubsub", "subscriptions", "list", ...inProject(target)]),
    list(["scheduler", "jobs", "list", ...inLocation(target)]),
    list(["functions", "list", "--v2", `--regions=${target.region}`, ...inProject(target)]),
  ]);
  return [
    ...(await oldSubscriptions(deployment, { existing: subscriptions, undelivered })),
    ...oldJobs(deployment, jobs),
    ...oldFunctions(deployment, functions),
  ];
}

/** Reads the max number of undelivered messages in the last ten minutes, by subscription. */
export type Undelivered = () => Promise<ReadonlyMap<string, number>>;

const lastPart = (name: string) => name.split("/").at(-1) ?? "";

async function oldSubscriptions(
  { plan, target, nowMs }: Deployment,
  { existing, undelivered }: { existing: readonly Existing[]; undelivered: Undelivered },
): Promise<Leftover[]> {
  const planned = new Set(plan.subscriptions.map(({ name }) => target.prefix + name));
  const old = existing.filter(
    ({ name }) => isOfTarget(lastPart(name), target) && !planned.has(lastPart(name)),
  );
  if (old.length === 0) return [];
  const counts = await undelivered();
  return old.map(({ name: full }) => {
    const name = lastPart(full);
    const beginning = name.slice(0, name.lastIndexOf(".") + 1);
    const successors = existing.filter(each => {
      const other = lastPart(each.name);
      return planned.has(other) && other.startsWith(beginning);
    });
    const stays = reasonToStay({ successors, count: counts.get(name), nowMs });
    const args = ["pubsub", "subscriptions", "delete", name, ...inProject(target)];
    return { kind: "old subscription", name, stays, remove: { args } };
  });
}

const isOfTarget = (name: string, { prefix }: Target) => name.startsWith(`${prefix}pulsecart.`);

function reasonToStay({
  successors,
  count,
  nowMs,
}: {
  successors: readonly Existing[];
  count: number | undefined;
  nowMs: number;
}): string | undefined {
  if (successors.length === 0)
    return "no subscription replaces it: delete it when its messages are not needed";
  const since = Math.max(...successors.map(({ labels }) => Number(labels?.[SINCE] ?? Number.NaN) * 1000));
  if (!(nowMs - since >= MIN_AGE_MS)) return "its successor is younger than 20 minutes: deploy again later";
  if (count === undefined)
    return "Cloud Monitoring does not know its undelivered messages: deploy again later";
  return count > 0 ? `${count} messages are not delivered yet: deploy again later` : undefined;
}

/** Finds jobs of functions that have no schedule any more. */
function oldJobs({ plan, target }: Deployment, jobs: readonly Existing[]): Leftover[] {
  const planned = new Set(plan.schedules.map(({ functionName }) => target.prefix + functionName));
  const isOld = ({ name, httpTarget }: Existing) => {
    const id = lastPart(name);
    const isOwn =
      id.startsWith(target.prefix) && httpTarget?.uri === urlOf(target, id.slice(target.prefix.length));
    return isOwn && !planned.has(id);
  };
  return jobs.filter(isOld).map(({ name }) => ({
    kind: "old job",
    name: lastPart(name),
    remove: { args: ["scheduler", "jobs", "delete", lastPart(name), ...inLocation(target)] },
  }));
}

function oldFunctions({ declarations, target }: Deployment, functions: readonly Existing[]): Leftover[] {
  const label = target.prefix.replace(/-$/, "") || "main";
  const planned = new Set(declarations.map(({ name }) => target.prefix + name));
  return functions
    .filter(({ name, labels }) => labels?.["pulsecart"] === label && !planned.has(lastPart(name)))
    .map(({ name }) => ({
      kind: "old function",
      name: lastPart(name),
      stays: "subscriptions or tasks may still call it: delete function, queue and account when none does",
      remove: { args: [] },
    }));
}

/**
 * Removes the leftovers that can be removed.
 * @returns an outcome and a line of output for each
 */
export async function removeLeftovers(
  leftovers: readonly Leftover[],
  { gcloud, checkOnly }: { gcloud: Gcloud; checkOnly: boolean },
): Promise<{ outcome: ResourceOutcome["outcome"]; line: string }[]> {
  return Promise.all(
    leftovers.map(async ({ kind, name, stays, remove }) => {
      if (stays !== undefined) return { outcome: "differs", line: `stays    ${kind} ${name}\n    ${stays}` };
      if (checkOnly)
        return { outcome: "differs", line: `old      ${kind} ${name}\n    the next deploy removes it` };
      await gcloud(remove);
      return { outcome: "changed", line: `removed  ${kind} ${name}` };
    }),
  );
}
