import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { FaultName, FaultRules } from "../../local-cloud/faults/faults.ts";
import { createDice } from "../simulate/dice.ts";

/** Something that is done to the shop, so long after its traffic began. */
export type Act = { atMs: number } & (
  | { kind: "kill"; functions: readonly string[] }
  | { kind: "restart"; downMs: number }
  | { kind: "faults"; rules: FaultRules }
  | { kind: "jump"; minutes: number }
);

export interface PlanOptions {
  seed: number;
  forMs: number;
  functions: readonly string[];
  /** After so long a cart is abandoned. */
  idleMs: number;
  /** Google's emulators lose their state with their process. */
  isGoogle: boolean;
}

/** How often, on the average; the first one of each comes sooner. */
const KILL_EVERY_MS = 4_000;
const RESTART_EVERY_MS = 20_000;
const FAULTS_EVERY_MS = 10_000;
const JUMP_EVERY_MS = 12_000;

const LONGEST_DOWN_MS = 3_000;
/** A part of what it takes until a cart is abandoned: several may come while one shopper acts. */
const LONGEST_JUMP = 2 / 15;
/** One time of so many, every function is killed at once. */
const ALL_AT_ONCE = 1 / 12;

/** What happens to the shop while its traffic goes on, decided by the seed. */
export function planChaos({ seed, forMs, functions, idleMs, isGoogle }: PlanOptions): Act[] {
  const times = (name: string, usualMs: number): number[] => {
    const everyMs = Math.min(usualMs, forMs / 2); // also a short run sees some of each
    const dice = createDice(seed, `when ${name}`);
    const found: number[] = [];
    for (let atMs = dice.below(everyMs); atMs < forMs; atMs += dice.between(everyMs / 2, (3 * everyMs) / 2)) {
      found.push(atMs);
    }
    return found;
  };
  const dice = createDice(seed, "what");
  const longestJump = Math.floor((idleMs * LONGEST_JUMP) / MINUTE_MS);
  const unused = new Set<string>();
  const oneOf = (): string => {
    // Everybody has a turn before anybody has a second one.
    if (unused.size === 0) for (const name of functions) unused.add(name);
    const [...names] = unused;
    const name = names[dice.below(names.length)] ?? "";
    unused.delete(name);
    return name;
  };
  const acts: Act[] = [
    ...times("faults", FAULTS_EVERY_MS).map(
      (atMs, n): Act => ({ kind: "faults", atMs, rules: mixOf(seed, n) }),
    ),
    ...times("kill", KILL_EVERY_MS).map((atMs): Act => {
      return { kind: "kill", atMs, functions: dice.chance(ALL_AT_ONCE) ? functions : [oneOf()] };
    }),
    ...(isGoogle ? [] : times("restart", RESTART_EVERY_MS)).map((atMs): Act => {
      return { kind: "restart", atMs, downMs: dice.below(LONGEST_DOWN_MS) };
    }),
    ...times("jump", JUMP_EVERY_MS).map((atMs): Act => {
      return { kind: "jump", atMs, minutes: dice.between(1, longestJump) };
    }),
  ];
  return acts.sort((a, b) => a.atMs - b.atMs);
}

/** All but a mail that is refused for good: that one has ended, and nothing is left to see about it. */
type Fault = Exclude<FaultName, "smtp_5xx">;

/** The most of each: what is refused makes its client wait for a second and more. */
const MOST: Readonly<Record<Fault, (share: number) => object>> = {
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

/** Each of all that can go wrong, half of the time, more or less of it. */
function mixOf(seed: number, n: number): FaultRules {
  const dice = createDice(seed, `faults ${n}`);
  const mix = Object.values(MOST).flatMap(most =>
    dice.chance(0.5) ? [most(dice.between(10, 100) / 100)] : [],
  );
  return Object.assign({ seed: dice.below(1_000_000) }, ...mix);
}

/** The plan in a few lines: seconds since the beginning, and what. */
export function textOfPlan(acts: readonly Act[]): string {
  const lines = Object.entries(Object.groupBy(acts, ({ kind }) => kind)).map(
    ([kind, some = []]) => `  ${kind.padEnd(8)}${some.map(textOf).join("  ")}`,
  );
  return `${lines.join("\n")}\n`;
}

function textOf(act: Act): string {
  return `${(act.atMs / 1000).toFixed(1)} ${whatOf(act)}`;
}

function whatOf(act: Act): string {
  if (act.kind === "kill") return act.functions.length > 1 ? "all" : act.functions.join();
  if (act.kind === "restart") return `after ${act.downMs} ms`;
  if (act.kind === "jump") return `${act.minutes} min`;
  return Object.keys(act.rules)
    .filter(name => name !== "seed")
    .join("+");
}
