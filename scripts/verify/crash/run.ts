import { parseArgs } from "node:util";
import { inFull, tryScenarios } from "./matrix.ts";
import { faultsOf, reportOf } from "./report.ts";
import { scenarios } from "./scenarios.ts";
import { openStage } from "./stage.ts";

const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });

const chosen = scenarios.filter(({ name, functionName }) => `${name} ${functionName}`.includes(values.only));
const startedMs = performance.now();
let cells = 0;
let faults = 0;
const stage = await openStage();
for (const scenario of chosen) {
  for (const result of await tryScenarios(stage, [inFull(scenario)])) {
    cells += result.cells.length;
    faults += faultsOf(result).length;
    console.log(`${reportOf(result)}\n`);
  }
}
await stage.close();
const seconds = Math.round((performance.now() - startedMs) / 1000);
console.log(`${chosen.length} scenarios, ${cells} cells in ${seconds} s: ${faults} faults.`);
process.exitCode = faults > 0 ? 1 : 0;
