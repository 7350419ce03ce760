import * as v from "valibot";
import { flag } from "../../cli/flags.ts";
import { runCommand } from "../../cli/run-command.ts";
import { inFull, tryScenarios } from "./matrix.ts";
import { faultsOf, reportOf } from "./report.ts";
import { crashScenarios } from "./scenarios/all.ts";
import { openStage } from "./stage/stage.ts";

const CRASH = {
  command: "npm run crash",
  about: `Kills a process at every point between the arrival of a message and its answer, in four variants.
State must change once, and no work may be left behind. Exit code 1: at least one fault.`,
  flags: {
    only: flag(v.optional(v.string(), ""), {
      value: "TEXT",
      about: "run the scenarios whose name or function contains this text",
    }),
  },
};

await runCommand({ line: CRASH, run: runScenarios });

async function runScenarios({ only }: { only: string }): Promise<number> {
  const chosen = crashScenarios.filter(({ name, functionName }) => `${name} ${functionName}`.includes(only));
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
  return faults > 0 ? 1 : 0;
}
