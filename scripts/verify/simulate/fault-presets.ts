import type { FaultRules } from "../../local-cloud/faults/faults.ts";

const SECOND = 1;

/**
 * Named mixes of faults. `light`: a bad day. `heavy`: far more than any cloud has, so that a short run meets every fault.
 * Failed calls are rarer than faulty deliveries: their client waits for a second or more.
 */
export const FAULT_PRESETS: Readonly<Record<string, FaultRules>> = {
  none: {},
  light: {
    duplicate: 0.02,
    delay: { probability: 0.02, seconds: 10 * SECOND },
    reorder: 0.05,
    lose_answer: 0.005,
    unavailable: 0.005,
    aborted: 0.01,
    slow: { probability: 0.02, ms: 50 },
  },
  heavy: {
    duplicate: 0.2,
    delay: { probability: 0.1, seconds: 60 * SECOND },
    reorder: 0.2,
    lose_answer: 0.01,
    unavailable: 0.01,
    deadline_exceeded: 0.01,
    aborted: 0.02,
    slow: { probability: 0.1, ms: 50 },
    smtp_refused: 0.05,
    smtp_4xx: 0.05,
    smtp_cut: 0.05,
    smtp_slow: { probability: 0.05, ms: 100 },
  },
};
