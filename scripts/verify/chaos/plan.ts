import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { FaultRules } from "../../local-cloud/faults/faults.ts";
import type { Dice } from "../simulate/dice.ts";
import { createDice } from "../simulate/dice.ts";
import { drawFaults } from "./fault-mixes.ts";

/** A disturbance of the shop; `atMs` counts from the start of the traffic. */
export type Act = { atMs: number } & (
  | { kind: "kill"; functions: readonly string[] }
  | { kind: "restart"; downMs: number }
  | { kind: "faults"; rules: FaultRules }
  | { kind: "jump"; minutes: number }
);

export interface PlanOptions {
  seed: number;
  /** Length of the traffic, in real milliseconds. */
  forMs: number;
  functions: readonly string[];
  /** Idle time after which a cart is abandoned. */
  idleMs: number;
  /** Google's emulators lose their state with their process, so the plan never restarts them. */
  isGoogle: boolean;
}

/** Mean time between two acts of a kind. The first act of each kind comes sooner. */
const KILL_EVERY_MS = 4_000;
const RESTART_EVERY_MS = 20_000;
const FAULTS_EVERY_MS = 10_000;
const JUMP_EVERY_MS = 12_000;

/** Max time between a kill of the local cloud and its restart. */
const MAX_DOWN_MS = 3_000;
/** Max jump of the clock, as a share of the idle time. Several jumps may fall between the steps of one shopper. */
const MAX_JUMP_SHARE = 2 / 15;
/** Probability that a kill hits all functions at once. */
const ALL_AT_ONCE = 1 / 12;

/** Plans all disturbances of a run from its seed, in the order of their times. */
export function planChaos({ seed, forMs, functions, idleMs, isGoogle }: PlanOptions): Act[] {
  const times = (name: string, everyMs: number): number[] =>
    drawTimes(createDice(seed, `when ${name}`), forMs, everyMs);
  const dice = createDice(seed, "what");
  const maxJump = Math.floor((idleMs * MAX_JUMP_SHARE) / MINUTE_MS);
  const nextFunction = createRotation(functions, dice);
  const acts: Act[] = [
    ...times("faults", FAULTS_EVERY_MS).map(
      (atMs, n): Act => ({ kind: "faults", atMs, rules: drawFaults(seed, n) }),
    ),
    ...times("kill", KILL_EVERY_MS).map((atMs): Act => {
      return { kind: "kill", atMs, functions: dice.chance(ALL_AT_ONCE) ? functions : [nextFunction()] };
    }),
    ...(isGoogle ? [] : times("restart", RESTART_EVERY_MS)).map((atMs): Act => {
      return { kind: "restart", atMs, downMs: dice.below(MAX_DOWN_MS) };
    }),
    ...times("jump", JUMP_EVERY_MS).map((atMs): Act => {
      return { kind: "jump", atMs, minutes: dice.between(1, maxJump) };
    }),
  ];
  return acts.sort((a, b) => a.atMs - b.atMs);
}

/** Draws the times of one kind of act. A short run has shorter intervals, so that it sees every kind. */
function drawTimes(dice: Dice, forMs: number, usualMs: number): number[] {
  const everyMs = Math.min(usualMs, forMs / 2);
  const drawn: number[] = [];
  for (let atMs = dice.below(everyMs); atMs < forMs; atMs += dice.between(everyMs / 2, (3 * everyMs) / 2)) {
    drawn.push(atMs);
  }
  return drawn;
}

/** Creates a draw without replacement: every function is drawn once before any function is drawn again. */
function createRotation(functions: readonly string[], dice: Dice): () => string {
  const unused = new Set<string>();
  return () => {
    if (unused.size === 0) for (const name of functions) unused.add(name);
    const [...names] = unused;
    const name = names[dice.below(names.length)] ?? "";
    unused.delete(name);
    return name;
  };
}

/** Formats a plan, one line per kind: seconds since the start, and the act. */
export function planText(acts: readonly Act[]): string {
  const lines = Object.entries(Object.groupBy(acts, ({ kind }) => kind)).map(
    ([kind, some = []]) => `  ${kind.padEnd(8)}${some.map(actText).join("  ")}`,
  );
  return `${lines.join("\n")}\n`;
}

function actText(act: Act): string {
  return `${(act.atMs / 1000).toFixed(1)} ${detailOf(act)}`;
}

function detailOf(act: Act): string {
  if (act.kind === "kill") return act.functions.length > 1 ? "all" : act.functions.join();
  if (act.kind === "restart") return `after ${act.downMs} ms`;
  if (act.kind === "jump") return `${act.minutes} min`;
  return Object.keys(act.rules)
    .filter(name => name !== "seed")
    .join("+");
}
