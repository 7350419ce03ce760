import type { ResourceOutcome } from "./apply.ts";

/** Returns a line of output for a resource; undefined when the resource is unchanged. */
export function lineOf({ outcome, resource: { kind, name }, details }: ResourceOutcome): string | undefined {
  if (outcome === "same" || outcome === "not done") return undefined;
  const more = details.flatMap(detail => detail.split("\n")).map(detail => `\n    ${detail}`);
  return `${outcome.padEnd(8)} ${kind} ${name}${more.join("")}`;
}

/** Returns a summary of a run in a few lines. */
export function summaryOf(outcomes: readonly ResourceOutcome[]): string {
  const count = (wanted: ResourceOutcome["outcome"]) =>
    outcomes.filter(({ outcome }) => outcome === wanted).length;
  const counts = (["same", "made", "changed", "missing", "differs", "failed", "not done"] as const)
    .filter(outcome => count(outcome) > 0)
    .map(outcome => `${count(outcome)} ${outcome}`);
  const notDone = outcomes.filter(({ outcome }) => outcome === "not done");
  const lines = [`${counts.join(", ")}.`];
  if (count("failed") > 0) {
    const stages = [...new Set(notDone.map(({ stage }) => stage))];
    if (stages.length > 0) lines.push(`Not tried, because an earlier stage failed: ${stages.join("; ")}.`);
    lines.push(
      "Created resources stay. Correct the cause above and run this again: the next run continues from here.",
    );
  }
  return lines.join("\n");
}

/** The producers of a deployment, in one line. A deployment configures none yet, so IAM alone decides about callers. */
export const PRODUCERS_LINE =
  "No producers are configured: every account that may call ingest may report events of every type.";
