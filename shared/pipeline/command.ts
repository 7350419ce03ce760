import { clock } from "../clock.ts";
import { config } from "../config.ts";
import { fingerprintOf } from "../events/envelope.ts";
import { textsBesideIds } from "../events/personal.ts";
import type { Handler, HttpAnswer, HttpRequest } from "../http/handler.ts";
import { readJsonObject } from "../http/json-body.ts";
import { Problem } from "../http/problem.ts";
import type { LogFields } from "../log.ts";
import { log } from "../log.ts";
import { derivedId, newId } from "../values/ids.ts";
import { relayBeforeAnswer } from "./outbox/relay-before-answer.ts";
import type { Executed } from "./process/execute-once.ts";
import { executedOf, executeOnce, hasUnsent } from "./process/execute-once.ts";
import { idempotencyKey, keyedId } from "./receive/idempotency-key.ts";
import { traceparentOf } from "./receive/traceparent.ts";
import { ledgerId } from "./records/ledger.ts";
import type { Cause } from "./records/ledger-entry.ts";
import { DELIVERY } from "./records/ledger-state.ts";
import type { Work } from "./work.ts";

/** A request that asks an owner to decide. */
export interface Command {
  readonly params: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
  /** Returns a new id, the same in every run of this decision and for every repetition of its Idempotency-Key. */
  newId(prefix: string): string;
}

/** The decision of an owner: its HTTP answer, and the thing that its events are about. */
export interface Decision {
  status: number;
  body: object;
  headers?: Readonly<Record<string, string>>;
  /** Id of the thing whose unsent events are relayed before the answer. */
  aggregate: string;
}

/** Decides a command. A refusal is a thrown Problem: nothing is committed and nothing is announced. */
export type Decide = (command: Command, work: Work) => Promise<Decision>;

/**
 * Declares a command of an owner. The decision, its ledger entry and its events are committed together. The events
 * are sent for at most 500 ms before the answer; the sweep sends the rest.
 *
 * A request with an Idempotency-Key is decided once and answered the same each time
 * (draft-ietf-httpapi-idempotency-key-header). The same key with another request is 422. Platform trouble is 503 with
 * Retry-After. Log lines of errors never repeat the texts of the request.
 * @example
 * httpFunction("products", {
 *   "PUT /products/:id": command("products", async ({ params, body }, work) => {
 *     const product = productOf(params, body);
 *     work.set(products, product.id, product);
 *     return { status: 200, body: productView(product), aggregate: product.id };
 *   }),
 * });
 */
export function command(owner: string, decide: Decide): Handler {
  config(); // an owner without its configuration must not start
  return async request => {
    const nowMs = clock.now();
    const logCommand = (fields: LogFields): void =>
      log("INFO", "command.finished", {
        // The path may hold any text of a client, such as an address used as an id.
        command: `${request.method} ${request.route ?? "(no route)"}`,
        owner,
        ...fields,
        ms: clock.now() - nowMs,
        traceparent: traceparentOf(request.headers),
      });
    try {
      const { answer, ...fields } = await execute(owner, decide, { request, nowMs });
      logCommand({ ...fields, status: answer.status });
      return answer;
    } catch (error) {
      if (error instanceof Problem)
        logCommand({ outcome: "refused", status: error.status, problem: error.slug });
      throw error;
    }
  };
}

async function execute(
  owner: string,
  decide: Decide,
  { request, nowMs }: { request: HttpRequest; nowMs: number },
): Promise<Executed & { outcome: string; correlation_id: string }> {
  const body = request.body.length === 0 ? {} : readJsonObject(request);
  const cause = causeOf(owner, request, { body, nowMs });
  const personal = () => textsBesideIds(body);
  const attempt = { ledgerId: ledgerId(owner, cause), by: owner, cause, nowMs, origin: DELIVERY, personal };
  const result = await executeOnce(attempt, async work => {
    const decision = await decide(commandOf(request, { body, owner, cause, nowMs }), work);
    return { answer: JSON.stringify(answerOf(decision)), aggregate: decision.aggregate };
  });
  const { answer, aggregate } = executedOf(result, cause);
  if (hasUnsent(result)) await relayBeforeAnswer(aggregate);
  const outcome = result.kind === "existing" ? "repeated" : "done";
  return { answer, outcome, aggregate, correlation_id: cause.correlation_id };
}

function causeOf(
  owner: string,
  request: HttpRequest,
  { body, nowMs }: { body: Readonly<Record<string, unknown>>; nowMs: number },
): Cause {
  const key = idempotencyKey(request);
  // The router treats a path with and without a slash at its end as the same.
  const path = request.path.replace(/(?<=.)\/$/, "");
  const id = key === undefined ? newId("cmd", { nowMs }) : keyedId(key);
  return {
    producer: owner,
    id,
    event_type: `${request.method} ${path}`,
    subject: owner,
    fingerprint: fingerprintOf([request.method, path, body]),
    correlation_id: derivedId("cor", owner, id),
    traceparent: traceparentOf(request.headers),
  };
}

function commandOf(
  request: HttpRequest,
  context: { body: Readonly<Record<string, unknown>>; owner: string; cause: Cause; nowMs: number },
): Command {
  const { body, owner, cause, nowMs } = context;
  let ids = 0;
  // A client may use its key again once the ledger entry has expired: the day keeps the ids apart.
  const day = new Date(nowMs).toISOString().slice(0, 10);
  return {
    params: request.params,
    body,
    nowMs,
    newId: prefix => derivedId(prefix, owner, cause.id, day, ids++),
  };
}

/** Returns the HTTP answer that is kept as text: a repeated request gets exactly the same bytes. */
function answerOf({ status, body, headers }: Decision): HttpAnswer {
  return { status, body, headers };
}
