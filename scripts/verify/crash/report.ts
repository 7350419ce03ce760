import { table } from "../../cli/table.ts";
import { knownCalls } from "./known-calls.ts";
import type { CellResult, ScenarioResult } from "./matrix.ts";
import { variants } from "./stage/scenario.ts";

const columns = Object.values(variants);

/** Renders one scenario: a table of its points and variants, then its faults. */
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

/** Returns all faults of a scenario in words. A changed list of calls is a fault as well. */
export function faultsOf({ scenario, calls, cells }: ScenarioResult): string[] {
  const known = knownCalls[scenario.name] ?? [];
  const changed = [
    ...calls.filter(call => !known.includes(call)).map(call => `call added: ${call}`),
    ...known.filter(call => !calls.includes(call)).map(call => `call missing: ${call}`),
  ];
  const broken = cells.flatMap(({ point, variant, faults }) =>
    faults.map(fault => `${point}, ${variant}: ${fault}`),
  );
  return [...changed.map(change => `${change} (see known-calls.ts)`), ...broken];
}

/** Tells whether a result belongs to a point: "undisturbed" and "left behind" belong to none. */
function isInTable({ variant }: CellResult): boolean {
  return columns.some(column => column === variant);
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
