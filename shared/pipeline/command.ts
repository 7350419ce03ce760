import { clock } from "../clock.ts";
import { config } from "../config.ts";
import { grpcStatus, grpcStatusOf, isPlatformTrouble } from "../errors.ts";
import { fingerprintOf } from "../events/envelope.ts";
import { textsBesideIds } from "../events/personal.ts";
import type { Handler, HttpAnswer, HttpRequest } from "../http/handler.ts";
import { readJsonObject } from "../http/json-body.ts";
import { Problem, unavailable } from "../http/problem.ts";
import type { LogFields } from "../log.ts";
import { log } from "../log.ts";
import { derivedId, newId } from "../values/ids.ts";
import { relayBeforeAnswer } from "./outbox/relay-before-answer.ts";
import type { Attempt } from "./process/attempt.ts";
import type { Performed, Result } from "./process/commit.ts";
import { perform } from "./process/commit.ts";
import { redactError } from "./process/redact-error.ts";
import { idempotencyKey, keyedId } from "./receive/idempotency-key.ts";
import { traceparentOf } from "./receive/traceparent.ts";
import { ledgerId, readEntry } from "./records/ledger.ts";
import type { Cause } from "./records/ledger-entry.ts";
import { DELIVERY } from "./records/ledger-state.ts";
import type { Work } from "./work.ts";

/** A request that asks an owner to decide. */
export interface Command {
  readonly params: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
  /** A new id, the same in every run of this decision and for every repetition of its Idempotency-Key. */
  newId(prefix: string): string;
}

/** What the owner decided: how to answer, and which thing its announcements are about. */
export interface Decision {
  status: number;
  body: object;
  headers?: Readonly<Record<string, string>>;
  aggregate: string;
}

/** A refusal is thrown as a Problem: nothing is committed and nothing announced. */
export type Decide = (command: Command, work: Work) => Promise<Decision>;

/**
 * A command of an owner: the decision, its ledger entry and its announcements are committed together, then the
 * announcements are sent, then it is answered. With an Idempotency-Key the same request is decided once and
 * answered the same each time (draft-ietf-httpapi-idempotency-key-header); the same key with another request is
 * 422. Trouble of the platform is 503 with Retry-After. What it throws is logged without the words of its request.
 */
export function command(owner: string, decide: Decide): Handler {
  config(); // an owner does not start without its configuration
  return async request => {
    const nowMs = clock.now();
    const line = (fields: LogFields): void =>
      log("INFO", "command.finished", {
        command: `${request.method} ${request.path}`,
        owner,
        ...fields,
        ms: clock.now() - nowMs,
        traceparent: traceparentOf(request.headers),
      });
    try {
      const { answer, ...fields } = await obey(owner, decide, { request, nowMs });
      line({ ...fields, status: answer.status });
      return answer;
    } catch (error) {
      if (error instanceof Problem) line({ outcome: "refused", status: error.status, problem: error.slug });
      throw error;
    }
  };
}

async function obey(
  owner: string,
  decide: Decide,
  { request, nowMs }: { request: HttpRequest; nowMs: number },
): Promise<{ answer: HttpAnswer; outcome: string; aggregate: string; correlation_id: string }> {
  const body = request.body.length === 0 ? {} : readJsonObject(request);
  const cause = causeOf(owner, request, { body, nowMs });
  const personal = () => textsBesideIds(body);
  const attempt = { ledgerId: ledgerId(owner, cause), by: owner, cause, nowMs, origin: DELIVERY, personal };
  const performed = await decideOnce(attempt, async work => {
    const decision = await decide(commandOf(request, { body, owner, cause, nowMs }), work);
    return { answer: JSON.stringify(answerOf(decision)), aggregate: decision.aggregate };
  });
  const { answer, aggregate } = decided(performed, cause);
  if (hasUnsent(performed)) await relayBeforeAnswer(aggregate);
  const outcome = performed.kind === "met" ? "repeated" : "done";
  return { answer, outcome, aggregate, correlation_id: cause.correlation_id };
}

function causeOf(
  owner: string,
  request: HttpRequest,
  { body, nowMs }: { body: Readonly<Record<string, unknown>>; nowMs: number },
): Cause {
  const key = idempotencyKey(request);
  // The router takes both for the same request.
  const path = request.path.replace(/(?<=.)\/$/, "");
  const id = key === undefined ? newId("cmd", { nowMs }) : keyedId(key);
  const traceparent = traceparentOf(request.headers);
  return {
    producer: owner,
    id,
    event_type: `${request.method} ${path}`,
    subject: owner,
    fingerprint: fingerprintOf([request.method, path, body]),
    correlation_id: derivedId("cor", owner, id),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

function commandOf(
  request: HttpRequest,
  {
    body,
    owner,
    cause,
    nowMs,
  }: {
    body: Readonly<Record<string, unknown>>;
    owner: string;
    cause: Cause;
    nowMs: number;
  },
): Command {
  let ids = 0;
  // A key may be used for something else once its ledger entry has expired.
  const day = new Date(nowMs).toISOString().slice(0, 10);
  return {
    params: request.params,
    body,
    nowMs,
    newId: prefix => derivedId(prefix, owner, cause.id, day, ids++),
  };
}

/**
 * A repeated request is decided on a world that its first copy has changed, so it may be refused: whether there
 * was a first copy is looked up before a refusal is believed.
 */
async function decideOnce(attempt: Attempt, decide: (work: Work) => Promise<Result>): Promise<Performed> {
  try {
    return await perform(attempt, decide);
  } catch (thrown) {
    if (thrown instanceof Problem) {
      const entry = await readEntry(attempt.ledgerId);
      if (entry) return { kind: "met", entry };
      throw thrown;
    }
    const error = redactError(thrown, attempt.personal?.() ?? []);
    if (!isPlatformTrouble(error) && grpcStatusOf(error) !== grpcStatus.aborted) throw error;
    log("ERROR", "command.unavailable", { error });
    throw unavailable(
      "It is not known whether this was decided. Send it again with the same Idempotency-Key.",
      error,
    );
  }
}

/** The answer and the thing it is about, whether decided just now or when the same request came before. */
function decided(performed: Performed, cause: Cause): { answer: HttpAnswer; aggregate: string } {
  if (performed.kind === "committed" && performed.result) return fromStored(performed.result);
  const entry = performed.kind === "met" ? performed.entry : undefined;
  if (entry && entry.cause.fingerprint !== cause.fingerprint) {
    throw new Problem({
      status: 422,
      slug: "idempotency-key-reused",
      detail: "This Idempotency-Key was used for another request. Use a new key for a new request.",
    });
  }
  if (entry?.answer !== undefined)
    return fromStored({
      answer: entry.answer,
      aggregate: entry.aggregate ?? "",
    });
  throw new Problem({
    status: 409,
    slug: "conflict",
    detail: "Somebody else has just created the same thing.",
  });
}

/** The answer is kept as text: what is repeated must be the same to the letter. */
function answerOf({ status, body, headers }: Decision): HttpAnswer {
  return { status, body, ...(headers ? { headers } : {}) };
}

function fromStored({ answer, aggregate }: Result): {
  answer: HttpAnswer;
  aggregate: string;
} {
  return { answer: JSON.parse(answer), aggregate };
}

function hasUnsent(performed: Performed): boolean {
  if (performed.kind === "taken") return false;
  return (performed.kind === "met" ? performed.entry?.state : performed.state) === "pending";
}
