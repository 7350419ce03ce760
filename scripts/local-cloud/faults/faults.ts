import { status } from "@grpc/grpc-js";
import * as v from "valibot";
import type { CallFault } from "./call-faults.ts";
import type { Draws } from "./fault-draws.ts";
import { createDraws } from "./fault-draws.ts";
import type { MailFault, MailFaults } from "./mail-faults.ts";
import type { PushFaults } from "./push-faults.ts";

const PROBABILITY_WORDS = "a probability from 0 (never) to 1 (always)";
const MAX_DELAY_SECONDS = 86_400;
/** Longest delay of a slow call: below 10 s, the shortest deadline that a client sets by default. */
const MAX_SLOW_MS = 5_000;
const DEFAULT_SEED = 1;

const probability = v.pipe(
  v.number(PROBABILITY_WORDS),
  v.minValue(0, PROBABILITY_WORDS),
  v.maxValue(1, PROBABILITY_WORDS),
);
const upTo = (most: number, words: string) =>
  v.pipe(v.number(words), v.minValue(0, words), v.maxValue(most, words));
const slowness = v.strictObject(
  { probability, ms: upTo(MAX_SLOW_MS, `milliseconds from 0 to ${MAX_SLOW_MS}`) },
  '{"probability": p, "ms": n} and nothing else',
);

/** Schema of the fault rules. A fault that is left out never strikes. */
export const faultRules = v.strictObject(
  {
    seed: v.optional(v.pipe(v.number("an integer"), v.safeInteger("an integer"))),
    duplicate: v.optional(probability),
    delay: v.optional(
      v.strictObject(
        { probability, seconds: upTo(MAX_DELAY_SECONDS, `seconds from 0 to ${MAX_DELAY_SECONDS}`) },
        '{"probability": p, "seconds": n} and nothing else',
      ),
    ),
    reorder: v.optional(probability),
    lose_answer: v.optional(probability),
    unavailable: v.optional(probability),
    deadline_exceeded: v.optional(probability),
    aborted: v.optional(probability),
    slow: v.optional(slowness),
    smtp_refused: v.optional(probability),
    smtp_4xx: v.optional(probability),
    smtp_5xx: v.optional(probability),
    smtp_cut: v.optional(probability),
    smtp_slow: v.optional(slowness),
  },
  "one of seed, duplicate, delay, reorder, lose_answer, unavailable, deadline_exceeded, aborted, slow, " +
    "smtp_refused, smtp_4xx, smtp_5xx, smtp_cut, smtp_slow",
);

export type FaultRules = v.InferOutput<typeof faultRules>;
export type FaultName = Exclude<keyof FaultRules, "seed">;

/**
 * The faults of a cloud, injected on demand: each strikes by its probability and a seed. All are off at first. A place
 * is a method, a subscription or a queue. The faults at one place depend only on the earlier chances there. The same
 * seed therefore gives the same faults for the same sequence, whatever happens elsewhere.
 */
export interface Faults {
  rules(): FaultRules;
  /** Returns how often each fault has struck since the rules were set. */
  struck(): Partial<Record<FaultName, number>>;
  /** Sets the rules and starts their seed anew; `{}` turns all faults off. */
  set(rules: FaultRules): void;
  /** Returns the fault of the next call of a gRPC method, /package.Service/Method. */
  ofCall(path: string, method: { unary: boolean }): CallFault;
  push: PushFaults;
  mail: MailFaults;
}

const COMMIT = "/google.firestore.v1.Firestore/Commit";

const REFUSALS = {
  unavailable: { code: status.UNAVAILABLE, details: "Injected fault: the service is unavailable." },
  deadline_exceeded: { code: status.DEADLINE_EXCEEDED, details: "Injected fault: the deadline is exceeded." },
  aborted: { code: status.ABORTED, details: "Injected fault: too much contention on these documents." },
} as const;
const LOST_ANSWER = { code: status.UNAVAILABLE, details: "Injected fault: the answer was lost." };

const SMTP = "smtp";

/** The codes of a server that is busy and of one that lacks the mailbox (RFC 5321, section 4.2.3). */
const MAIL_REFUSALS = [
  ["smtp_4xx", 451],
  ["smtp_5xx", 550],
] as const;

export function createFaults(): Faults {
  const dice = new FaultDice();
  return {
    rules: () => dice.rules,
    struck: () => dice.struck(),
    set: rules => dice.set(rules),
    ofCall: (path, method) => callFault(dice, path, method),
    push: pushFaults(dice),
    mail: mailFaults(dice),
  };
}

/** Decides by the rules and the seed whether a fault strikes. */
class FaultDice {
  #rules: FaultRules = {};
  #draws: Draws = createDraws(DEFAULT_SEED);
  readonly #struck = new Map<FaultName, number>();

  get rules(): FaultRules {
    return this.#rules;
  }

  set(rules: FaultRules): void {
    this.#rules = rules;
    this.#draws = createDraws(rules.seed ?? DEFAULT_SEED);
    this.#struck.clear();
  }

  struck(): Partial<Record<FaultName, number>> {
    return Object.fromEntries(this.#struck);
  }

  strikes(fault: FaultName, place: string): boolean {
    const rule = this.#rules[fault];
    const chance = typeof rule === "object" ? rule.probability : (rule ?? 0);
    // A fault that is off draws nothing, so that it costs nothing.
    if (chance === 0 || this.#draws.draw(`${fault} ${place}`) >= chance) return false;
    this.#struck.set(fault, (this.#struck.get(fault) ?? 0) + 1);
    return true;
  }

  /** Draws the size of a fault that has struck, from 0 to 1. */
  sizeOf(fault: FaultName, place: string): number {
    return this.#draws.draw(`size of ${fault} ${place}`);
  }
}

function callFault(dice: FaultDice, path: string, { unary }: { unary: boolean }): CallFault {
  const fault: CallFault = {};
  if (dice.strikes("slow", path)) fault.waitMs = dice.sizeOf("slow", path) * (dice.rules.slow?.ms ?? 0);
  for (const refusal of ["unavailable", "deadline_exceeded", "aborted"] as const) {
    if (refusal === "aborted" && path !== COMMIT) continue;
    if (dice.strikes(refusal, path)) return { ...fault, refusal: REFUSALS[refusal] };
  }
  if (unary && dice.strikes("lose_answer", path)) return { ...fault, lostAnswer: LOST_ANSWER };
  return fault;
}

function pushFaults(dice: FaultDice): PushFaults {
  const delayMs = (place: string): number =>
    Math.ceil(dice.sizeOf("delay", place) * (dice.rules.delay?.seconds ?? 0) * 1000);
  return {
    delayMs: place => (dice.strikes("delay", place) ? delayMs(place) : 0),
    overtaken: place => dice.strikes("reorder", place),
    copies(place) {
      if (!dice.strikes("duplicate", place)) return "one";
      return dice.sizeOf("duplicate", place) < 0.5 ? "two at once" : "two in turn";
    },
  };
}

function mailFaults(dice: FaultDice): MailFaults {
  return {
    refusesConnection: () => dice.strikes("smtp_refused", SMTP),
    ofMail() {
      const fault: MailFault = {};
      if (dice.strikes("smtp_slow", SMTP)) {
        fault.waitMs = dice.sizeOf("smtp_slow", SMTP) * (dice.rules.smtp_slow?.ms ?? 0);
      }
      for (const [name, code] of MAIL_REFUSALS) {
        if (!dice.strikes(name, SMTP)) continue;
        return { ...fault, refusal: { code, at: dice.sizeOf(name, SMTP) < 0.5 ? "RCPT TO" : "DATA" } };
      }
      return dice.strikes("smtp_cut", SMTP) ? { ...fault, cut: true } : fault;
    },
  };
}
