import { effects } from "../../../../shared/pipeline/records/effect-record.ts";
import type { Disturbance, Scenario, Traces } from "../stage/scenario.ts";
import { onlyIdIn } from "./calls.ts";
import { handle } from "./preparations.ts";

/** Effects with and without a second execution under one id. */
export const effectScenarios: readonly Scenario[] = [
  effectScenario("an effect that is not repeatable", "postcard", disturbance => {
    if (!wasKilledWithLease(disturbance)) return { state: "sent", sendings: 1, ids: 1 };
    // The effect becomes unknown: the killed process may or may not have sent it, so no process sends it again.
    const sendings = Number(disturbance.reached("Send 1"));
    return { state: "unknown", sendings, ids: sendings };
  }),
  effectScenario("a repeatable effect", "letter", disturbance => {
    const wasSent = wasKilledWithLease(disturbance) && disturbance.reached("Send 1");
    return { state: "sent", sendings: 1 + Number(wasSent), ids: 1 };
  }),
];

function wasKilledWithLease({ variant, reached }: Disturbance): boolean {
  const wasKilled = variant !== undefined && variant !== "resumed";
  return wasKilled && reached("Commit 1") && !reached("Commit 2");
}

function effectScenario(
  name: string,
  kind: string,
  expectedEffect: (disturbance: Disturbance) => NonNullable<Traces["effect"]>,
): Scenario {
  return {
    name,
    functionName: kind,
    prepare: (cell, stage) => handle(stage, cell, `${kind}-planner`, ["it"]),
    holds: kind,
    takesTime: true,
    call: async ({ key }) => {
      const id = await onlyIdIn(effects.name, "key", key);
      return { functionName: kind, path: "/", body: { effect_id: id } };
    },
    expected: disturbance => ({
      effect: expectedEffect(disturbance),
      ledger: [`${kind}-planner done`],
    }),
  };
}
