import { parseArgs } from "node:util";
import type { Check } from "./check.ts";
import { faultOf } from "./check.ts";
import { allChecks } from "./models.ts";
import type { Explored } from "./search.ts";

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string", default: "" } },
});

const checks = allChecks.filter(
  ({ name, isQuick }) => name.includes(values.only) && (isQuick || !values.quick),
);
let faults = 0;
for (const check of checks) {
  const startedMs = performance.now();
  const explored = check.explore();
  const fault = faultOf(check, explored);
  if (fault !== undefined) faults += 1;
  print(check, explored, { fault, seconds: (performance.now() - startedMs) / 1000 });
}
console.log(`${checks.length} models explored, ${faults} of them not as they should be.`);
process.exitCode = faults > 0 ? 1 : 0;

function print(
  check: Check,
  { states, steps, violations }: Explored,
  { fault, seconds }: { fault: string | undefined; seconds: number },
): void {
  const verdict = check.finds === undefined ? "holds" : `finds: ${check.finds} is broken,`;
  const numbers = `${states} states, ${steps} steps, ${seconds.toFixed(1)} s`;
  console.log(
    fault === undefined
      ? `${verdict} ${check.name} (${numbers})`
      : `FAULT ${check.name} ${fault} (${numbers})`,
  );
  const shown = fault !== undefined || check.finds !== undefined ? violations : [];
  for (const { property, trace, state } of shown) {
    if (fault !== undefined)
      console.log(
        `  ${property}\n${trace.map((s, i) => `    ${i + 1}. ${s}`).join("\n")}\n    ${JSON.stringify(state)}`,
      );
    else console.log(`  after ${trace.length} steps`);
  }
}
