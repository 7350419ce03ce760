import { table } from "../../cli/table.ts";
import { knownWays } from "./known-ways.ts";
import type { CellResult, ScenarioResult } from "./matrix.ts";
import { variants } from "./scenario.ts";

const columns = Object.values(variants);

/** One scenario: its points in their order, how each variant ended there, and what is wrong, if anything is. */
export function reportOf(result: ScenarioResult): string {
  const { scenario, cells } = result;
  const points = [...new Set(cells.filter(isInTable).map(({ point }) => point))];
  const verdictAt = (point: string, variant: string): string => {
    const cell = cells.find(each => each.point === point && each.variant === variant);
    if (!cell) return "-";
    return cell.faults.length === 0 ? "ok" : "FAULT";
  };
  const rows = points.map(point => [point, ...columns.map(variant => verdictAt(point, variant))]);
  return [
    `${scenario.name} (${scenario.functionName})`,
    indented(table(["point", ...columns], rows)),
    ...faultsOf(result).map(fault => `  FAULT ${fault}`),
  ].join("\n");
}

/** Everything that is not as it must be, in sentences; a way that changed is one of them. */
export function faultsOf({ scenario, calls, cells }: ScenarioResult): string[] {
  const known = knownWays[scenario.name] ?? [];
  const changed = [
    ...calls.filter(call => !known.includes(call)).map(call => `new on its way: ${call}`),
    ...known.filter(call => !calls.includes(call)).map(call => `no longer on its way: ${call}`),
  ];
  const broken = cells.flatMap(({ point, variant, faults }) =>
    faults.map(fault => `${point}, ${variant}: ${fault}`),
  );
  return [...changed.map(change => `${change} (see known-ways.ts)`), ...broken];
}

/** The undisturbed message and what was left behind have no point. */
function isInTable({ variant }: CellResult): boolean {
  return columns.some(column => column === variant);
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
