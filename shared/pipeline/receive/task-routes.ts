import type { Handler, HttpAnswer } from "../../http/handler.ts";
import { readJsonObject } from "../../http/json-body.ts";
import { Problem, unavailable } from "../../http/problem.ts";
import type { ReplayTo } from "../records/generation.ts";
import type { Message } from "./message.ts";
import { messageOf } from "./message.ts";

const LEDGER_ID = /^[\w-]+~[\w~-]+$/;

/** The part of an outcome that decides the HTTP answer. `refused` is a nack; every other outcome is acknowledged. */
export interface AnswerableOutcome {
  readonly outcome: string;
  readonly error?: unknown;
}

/** Tells whether the caller must call again. */
export function isNack({ outcome }: AnswerableOutcome): boolean {
  return outcome === "refused";
}

/**
 * Turns an outcome into the HTTP answer. No other function does.
 * @returns 204: the caller may forget its message or task
 * @throws Problem 503: Pub/Sub or Cloud Tasks must call again
 */
export function answerTo(outcome: AnswerableOutcome): HttpAnswer {
  if (!isNack(outcome)) return { status: 204 };
  throw unavailable("The call was not handled. Call again.", outcome.error);
}

/** Creates the route that Cloud Tasks calls to retry one deferred or parked entry. */
export function releaseRoute(release: (ledgerId: string, n: number) => Promise<AnswerableOutcome>): Handler {
  return async request => {
    const { ledger_id: id, n } = readJsonObject(request);
    if (!isLedgerId(id) || typeof n !== "number") throw notA("release", "{ledger_id, n} of an entry");
    return answerTo(await release(id, n));
  };
}

/** Creates the route that Cloud Tasks calls to drain one lane. */
export function drainRoute(drain: (laneId: string) => Promise<AnswerableOutcome>): Handler {
  return async request => {
    const { lane_id: id } = readJsonObject(request);
    if (!isLedgerId(id)) throw notA("drain", "{lane_id}");
    return answerTo(await drain(id));
  };
}

/** Creates the route that Cloud Tasks calls to replay one archived event. */
export function replayRoute(replay: (message: Message, to: ReplayTo) => Promise<AnswerableOutcome>): Handler {
  return async request => {
    const { message: archived, generation, again } = readJsonObject(request);
    if (typeof generation === "number")
      return answerTo(await replay(messageOf({ message: archived }), { generation }));
    if (typeof again !== "string") throw notA("replay", "{message, generation} or {message, again}");
    return answerTo(await replay(messageOf({ message: archived }), { again }));
  };
}

function isLedgerId(id: unknown): id is string {
  return typeof id === "string" && LEDGER_ID.test(id);
}

/** Returns the refusal of a body that no task of PulseCart has. */
function notA(kind: "release" | "drain" | "replay", expected: string): Problem {
  return new Problem({ status: 400, slug: `not-a-${kind}`, detail: `Expected ${expected}.` });
}
