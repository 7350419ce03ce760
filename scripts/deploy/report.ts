import type { Outcome } from "./apply.ts";

/** One line for what is not as it was; nothing for what is. */
export function lineOf({ outcome, resource: { kind, name }, details }: Outcome): string | undefined {
  if (outcome === "same" || outcome === "not done") return undefined;
  const more = details.flatMap(detail => detail.split("\n")).map(detail => `\n    ${detail}`);
  return `${outcome.padEnd(8)} ${kind} ${name}${more.join("")}`;
}

/** What was done and what was not, in a few lines. */
export function summaryOf(outcomes: readonly Outcome[]): string {
  const count = (wanted: Outcome["outcome"]) => outcomes.filter(({ outcome }) => outcome === wanted).length;
  const counts = (["same", "made", "changed", "missing", "differs", "failed", "not done"] as const)
    .filter(outcome => count(outcome) > 0)
    .map(outcome => `${count(outcome)} ${outcome}`);
  const notDone = outcomes.filter(({ outcome }) => outcome === "not done");
  const lines = [`${counts.join(", ")}.`];
  if (count("failed") > 0) {
    const stages = [...new Set(notDone.map(({ stage }) => stage))];
    if (stages.length > 0) lines.push(`Not tried, because they need what failed: ${stages.join("; ")}.`);
    lines.push("What was made stays. Run it again when the reason above is gone: it goes on from here.");
  }
  return lines.join("\n");
}
