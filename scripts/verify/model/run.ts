import * as v from "valibot";
import { flag, flagSwitch } from "../../cli/flags.ts";
import { runCommand } from "../../cli/run-command.ts";
import type { Check } from "./check.ts";
import { faultOf } from "./check.ts";
import { allChecks } from "./models.ts";
import type { Explored, Violation } from "./search.ts";

const MODEL = {
  command: "npm run model",
  about: `Explores the protocol of the ledger, lanes, commands and effects, in every order of steps.
Models that lack one guard must break one property. Exit code 1: a model has another result than expected.`,
  flags: {
    quick: flagSwitch("explore only the small models, as the tests do"),
    only: flag(v.optional(v.string(), ""), {
      value: "TEXT",
      about: "explore the models whose name contains this text",
    }),
  },
};

await runCommand({ line: MODEL, run: exploreModels });

function exploreModels({ quick, only }: { quick: boolean; only: string }): number {
  const checks = allChecks.filter(({ name, isQuick }) => name.includes(only) && (isQuick || !quick));
  let faults = 0;
  for (const check of checks) {
    const startedMs = performance.now();
    const explored = check.explore();
    const fault = faultOf(check, explored);
    if (fault !== undefined) faults += 1;
    print(check, explored, { fault, seconds: (performance.now() - startedMs) / 1000 });
  }
  console.log(`${checks.length} models explored, ${faults} with a fault.`);
  return faults > 0 ? 1 : 0;
}

function print(
  check: Check,
  { states, steps, violations }: Explored,
  { fault, seconds }: { fault: string | undefined; seconds: number },
): void {
  const numbers = `${states} states, ${steps} steps, ${seconds.toFixed(1)} s`;
  if (fault !== undefined) {
    console.log(`FAULT ${check.name} ${fault} (${numbers})`);
    for (const violation of violations) console.log(traceOf(violation));
  } else if (check.finds !== undefined) {
    const [found] = violations;
    console.log(`breaks as expected: ${check.name} (${numbers})`);
    console.log(`  "${check.finds}", after ${found?.trace.length ?? 0} steps`);
  } else {
    console.log(`holds: ${check.name} (${numbers})`);
  }
}

function traceOf({ property, trace, state }: Violation): string {
  const steps = trace.map((step, index) => `    ${index + 1}. ${step}`);
  return [`  ${property}`, ...steps, `    ${JSON.stringify(state)}`].join("\n");
}
