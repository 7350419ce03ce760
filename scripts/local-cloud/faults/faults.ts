import { status } from "@grpc/grpc-js";
import * as v from "valibot";
import type { CallFault } from "./call-faults.ts";
import { createDraws } from "./fault-draws.ts";
import type { MailFault, MailFaults } from "./mail-faults.ts";
import type { PushFaults } from "./push-faults.ts";

const PROBABILITY_WORDS = "a probability from 0 (never) to 1 (always)";
const MAX_DELAY_SECONDS = 86_400;
/** Below the shortest deadline that a client sets by itself, 10 s. */
const MAX_SLOW_MS = 5_000;
const DEFAULT_SEED = 1;

const probability = v.pipe(
  v.number(PROBABILITY_WORDS),
  v.minValue(0, PROBABILITY_WORDS),
  v.maxValue(1, PROBABILITY_WORDS),
);
const upTo = (most: number, words: string) =>
  v.pipe(v.number(words), v.minValue(0, words), v.maxValue(most, words));

/** The body of `POST /__local/faults`; what is left out does not happen. */
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
    slow: v.optional(
      v.strictObject(
        { probability, ms: upTo(MAX_SLOW_MS, `milliseconds from 0 to ${MAX_SLOW_MS}`) },
        '{"probability": p, "ms": n} and nothing else',
      ),
    ),
    smtp_refused: v.optional(probability),
    smtp_4xx: v.optional(probability),
    smtp_5xx: v.optional(probability),
    smtp_cut: v.optional(probability),
    smtp_slow: v.optional(
      v.strictObject(
        { probability, ms: upTo(MAX_SLOW_MS, `milliseconds from 0 to ${MAX_SLOW_MS}`) },
        '{"probability": p, "ms": n} and nothing else',
      ),
    ),
  },
  "one of seed, duplicate, delay, reorder, lose_answer, unavailable, deadline_exceeded, aborted, slow, " +
    "smtp_refused, smtp_4xx, smtp_5xx, smtp_cut, smtp_slow",
);

export type FaultRules = v.InferOutput<typeof faultRules>;
export type FaultName = Exclude<keyof FaultRules, "seed">;

/**
 * What goes wrong in a cloud now and then, on demand: each by its probability and a seed. Off at first. A fault
 * at one place (a method, a subscription, a queue) is decided by how often it could have struck there before,
 * so that one seed gives the same faults for the same sequence, whatever happens elsewhere.
 */
export interface Faults {
  rules(): FaultRules;
  /** How often each fault struck since the rules were set. */
  struck(): Partial<Record<FaultName, number>>;
  /** From now on these rules hold, from the beginning of their seed; `{}` turns everything off. */
  set(rules: FaultRules): void;
  /** What is to go wrong with the next call of a gRPC method, /package.Service/Method. */
  ofCall(path: string, method: { unary: boolean }): CallFault;
  /** What is to go wrong with pushes. */
  push: PushFaults;
  /** What is to go wrong with mails. */
  mail: MailFaults;
}

const COMMIT = "/google.firestore.v1.Firestore/Commit";

const REFUSALS = {
  unavailable: { code: status.UNAVAILABLE, details: "A fault on demand: the service is unavailable." },
  deadline_exceeded: { code: status.DEADLINE_EXCEEDED, details: "A fault on demand: too late." },
  aborted: { code: status.ABORTED, details: "A fault on demand: too much contention on these documents." },
} as const;

const SMTP = "smtp";

/** The codes of a server that is busy and of one that knows no such mailbox (RFC 5321, section 4.2.3). */
const MAIL_REFUSALS = [
  ["smtp_4xx", 451],
  ["smtp_5xx", 550],
] as const;

export function createFaults(): Faults {
  let rules: FaultRules = {};
  let draws = createDraws(DEFAULT_SEED);
  const struck = new Map<FaultName, number>();

  function strikes(fault: FaultName, place: string): boolean {
    const rule = rules[fault];
    const chance = typeof rule === "object" ? rule.probability : (rule ?? 0);
    // Nothing is drawn while a fault is off, so that it costs nothing then.
    if (chance === 0 || draws.draw(`${fault} ${place}`) >= chance) return false;
    struck.set(fault, (struck.get(fault) ?? 0) + 1);
    return true;
  }

  const sizeOf = (fault: FaultName, place: string) => draws.draw(`size of ${fault} ${place}`);

  return {
    rules: () => rules,
    struck: () => Object.fromEntries(struck),
    set(next) {
      rules = next;
      draws = createDraws(next.seed ?? DEFAULT_SEED);
      struck.clear();
    },
    ofCall(path, { unary }) {
      const fault: CallFault = {};
      if (strikes("slow", path)) fault.waitMs = sizeOf("slow", path) * (rules.slow?.ms ?? 0);
      for (const refusal of ["unavailable", "deadline_exceeded", "aborted"] as const) {
        if (refusal === "aborted" && path !== COMMIT) continue;
        if (strikes(refusal, path)) return { ...fault, refusal: REFUSALS[refusal] };
      }
      if (unary && strikes("lose_answer", path)) {
        return {
          ...fault,
          lostAnswer: { ...REFUSALS.unavailable, details: "A fault on demand: the answer was lost." },
        };
      }
      return fault;
    },
    push: {
      delayMs: place =>
        strikes("delay", place) ? Math.ceil(sizeOf("delay", place) * (rules.delay?.seconds ?? 0) * 1000) : 0,
      overtaken: place => strikes("reorder", place),
      copies(place) {
        if (!strikes("duplicate", place)) return "one";
        return sizeOf("duplicate", place) < 0.5 ? "two at once" : "two in turn";
      },
    },
    mail: {
      refusesConnection: () => strikes("smtp_refused", SMTP),
      ofMail() {
        const fault: MailFault = {};
        if (strikes("smtp_slow", SMTP)) fault.waitMs = sizeOf("smtp_slow", SMTP) * (rules.smtp_slow?.ms ?? 0);
        for (const [name, code] of MAIL_REFUSALS) {
          if (!strikes(name, SMTP)) continue;
          return { ...fault, refusal: { code, at: sizeOf(name, SMTP) < 0.5 ? "RCPT TO" : "DATA" } };
        }
        return strikes("smtp_cut", SMTP) ? { ...fault, cut: true } : fault;
      },
    },
  };
}
