import * as v from "valibot";
import { clock } from "../clock.ts";
import { Poison } from "../errors.ts";
import type { HttpRequest } from "../http/front-door.ts";
import { readJsonObject } from "../http/json-body.ts";
import { log } from "../log.ts";
import type { Declared } from "./declaration.ts";
import { recordFailure } from "./failure.ts";
import { relayPerformed } from "./follow-up.ts";
import type { InnerFunction } from "./inner-function.ts";
import { innerFunction } from "./inner-function.ts";
import type { Cause } from "./ledger.ts";
import { ledgerId } from "./ledger.ts";
import type { Attempt } from "./perform.ts";
import { performOrSkip } from "./perform.ts";
import type { Skip } from "./skip.ts";
import type { Work } from "./unit-of-work.ts";

/** What a timer's task carries: which arming it is, whose consequence, and what the timer is to look at. */
const call = v.object({
  key: v.string(),
  correlation_id: v.string(),
  traceparent: v.optional(v.string()),
  data: v.unknown(),
});

/**
 * Declares a timer: what is looked at when its time has come, unless the world changed first. Its arming is a
 * follow-up of some unit of work; its own unit of work counts once per key, however often Cloud Tasks calls.
 * A failure is a 503 or 500, and the queue tries again without limit. Data that cannot be read is parked.
 */
export function timer<S extends v.GenericSchema>(
  name: string,
  schema: S,
  handle: (data: v.InferOutput<S>, work: Work) => Promise<Skip | void>,
): InnerFunction & Declared {
  const fire = async (request: HttpRequest) => {
    const body = readJsonObject(request);
    const attempt = attemptOf(name, body);
    const parsed = v.safeParse(v.object({ ...call.entries, data: schema }), body);
    if (!parsed.success) {
      const error = new Poison(`${name} was armed with data it cannot read: ${v.summarize(parsed.issues)}`);
      await recordFailure(attempt, JSON.stringify(body), error);
      return finish(attempt, "parked", error.message);
    }
    const performed = await performOrSkip(attempt, work => handle(parsed.output.data, work));
    await relayPerformed(attempt.ledgerId, performed);
    if (performed.kind !== "committed") return finish(attempt, "duplicate");
    return finish(attempt, performed.state === "skipped" ? "skipped" : "done", performed.reason);
  };
  const hosted = innerFunction(name, { "POST /": fire });
  return Object.assign(hosted, { declaration: { kind: "timer", name } as const });
}

function attemptOf(name: string, body: unknown): Attempt {
  const { key, correlation_id, traceparent } = v.parse(
    v.object({ ...call.entries, data: v.unknown() }),
    body,
  );
  const cause: Cause = {
    producer: name,
    id: key,
    event_type: "timer",
    subject: key,
    fingerprint: "",
    correlation_id,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  return { ledgerId: ledgerId(name, cause), by: name, cause, nowMs: clock.now() };
}

function finish(attempt: Attempt, outcome: string, reason?: string) {
  log(outcome === "parked" ? "ERROR" : "INFO", "timer.finished", {
    timer: attempt.by,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    key: attempt.cause.id,
    correlation_id: attempt.cause.correlation_id,
    ms: clock.now() - attempt.nowMs,
    traceparent: attempt.cause.traceparent,
  });
  return { status: 204 };
}
