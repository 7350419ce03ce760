import { MINUTE_MS } from "../../shared/values/durations.ts";
import type { Outcome } from "./apply.ts";
import type { Deployment } from "./deployment.ts";
import type { Gcloud } from "./gcloud.ts";
import { SINCE } from "./messaging.ts";
import type { Command } from "./resource.ts";
import type { Target } from "./target.ts";
import { inLocation, inProject, urlOf } from "./target.ts";

/** Something of ours that the code does not need any more. */
export interface Leftover {
  kind: "old subscription" | "old job" | "old function";
  name: string;
  /** Why it is still there, where it cannot go yet or by itself. */
  stays?: string;
  remove: Command;
}

interface Existing {
  name: string;
  labels?: Record<string, string>;
  topic?: string;
  httpTarget?: { uri?: string };
}

/** Numbers of Cloud Monitoring are some minutes old; what they say of a time must be about a time after. */
const SETTLED_MS = 20 * MINUTE_MS;

/**
 * What is there and not in the plan. A subscription whose filter or options changed has a successor of another name
 * beside it, and what it has not delivered yet is nowhere else: it goes when the successor has been there for 20
 * minutes and nothing was undelivered in the last ten.
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

/** The most messages that each subscription had not delivered in the last ten minutes, by its name. */
export type Undelivered = () => Promise<ReadonlyMap<string, number>>;

const lastPart = (name: string) => name.split("/").at(-1) ?? "";

async function oldSubscriptions(
  { plan, target, nowMs }: Deployment,
  { existing, undelivered }: { existing: readonly Existing[]; undelivered: Undelivered },
): Promise<Leftover[]> {
  const planned = new Set(plan.subscriptions.map(({ name }) => target.prefix + name));
  const old = existing.filter(({ name }) => isOurs(lastPart(name), target) && !planned.has(lastPart(name)));
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
    return { kind: "old subscription", name, ...(stays && { stays }), remove: { args } };
  });
}

const isOurs = (name: string, { prefix }: Target) => name.startsWith(`${prefix}pulsecart.`);

function reasonToStay({
  successors,
  count,
  nowMs,
}: {
  successors: readonly Existing[];
  count: number | undefined;
  nowMs: number;
}): string | undefined {
  if (successors.length === 0) return "nothing takes its place: delete it when nobody wants its messages";
  const since = Math.max(...successors.map(({ labels }) => Number(labels?.[SINCE] ?? Number.NaN) * 1000));
  if (!(nowMs - since >= SETTLED_MS))
    return "what takes its place is younger than 20 minutes: deploy again later";
  if (count === undefined)
    return "Cloud Monitoring does not know how much it has not delivered: deploy again later";
  return count > 0 ? `${count} messages are not delivered yet: deploy again later` : undefined;
}

/** A job that calls a function of ours which has no schedule any more calls nobody. */
function oldJobs({ plan, target }: Deployment, jobs: readonly Existing[]): Leftover[] {
  const planned = new Set(plan.schedules.map(({ functionName }) => target.prefix + functionName));
  const isOld = ({ name, httpTarget }: Existing) => {
    const id = lastPart(name);
    const isOfTarget =
      id.startsWith(target.prefix) && httpTarget?.uri === urlOf(target, id.slice(target.prefix.length));
    return isOfTarget && !planned.has(id);
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
      stays: "subscriptions or tasks may still call it: delete it, its queue and its account when none does",
      remove: { args: [] },
    }));
}

/** Takes away what may go; answers a line for each, and whether anything is left. */
export async function removeLeftovers(
  leftovers: readonly Leftover[],
  { gcloud, checkOnly }: { gcloud: Gcloud; checkOnly: boolean },
): Promise<{ outcome: Outcome["outcome"]; line: string }[]> {
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
