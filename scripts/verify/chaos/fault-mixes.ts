import type { FaultName, FaultRules } from "../../local-cloud/faults/faults.ts";
import { createDice } from "../simulate/dice.ts";

/** All faults except a permanently refused mail: that mail is finished, and no check could see more of it. */
type ChaosFault = Exclude<FaultName, "smtp_5xx">;

/** Rules at a share of the maximum. Refused calls are rare: their client waits for a second or more. */
const MAX_RULES: Readonly<Record<ChaosFault, (share: number) => FaultRules>> = {
  duplicate: share => ({ duplicate: 0.4 * share }),
  delay: share => ({ delay: { probability: 0.2 * share, seconds: 60 } }),
  reorder: share => ({ reorder: 0.4 * share }),
  lose_answer: share => ({ lose_answer: 0.04 * share }),
  unavailable: share => ({ unavailable: 0.04 * share }),
  deadline_exceeded: share => ({ deadline_exceeded: 0.03 * share }),
  aborted: share => ({ aborted: 0.1 * share }),
  slow: share => ({ slow: { probability: 0.3 * share, ms: 200 } }),
  smtp_refused: share => ({ smtp_refused: 0.1 * share }),
  smtp_4xx: share => ({ smtp_4xx: 0.1 * share }),
  smtp_cut: share => ({ smtp_cut: 0.1 * share }),
  smtp_slow: share => ({ smtp_slow: { probability: 0.2 * share, ms: 200 } }),
};

/** Draws the n-th mix of faults: about half of all faults, each at 10 to 100 % of its maximum. */
export function drawFaults(seed: number, n: number): FaultRules {
  const dice = createDice(seed, `faults ${n}`);
  const mix = Object.values(MAX_RULES).flatMap(rules =>
    dice.chance(0.5) ? [rules(dice.between(10, 100) / 100)] : [],
  );
  return Object.assign({ seed: dice.below(1_000_000) }, ...mix);
}
