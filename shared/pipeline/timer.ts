import * as v from "valibot";
import { clock } from "../clock.ts";
import { Poison } from "../errors.ts";
import type { HttpRequest } from "../http/handler.ts";
import { readJsonObject } from "../http/json-body.ts";
import { unavailable } from "../http/problem.ts";
import { log } from "../log.ts";
import type { Declared } from "./declaration.ts";
import { recordFailure } from "./failure.ts";
import type { InnerFunction } from "./inner-function.ts";
import { innerFunction } from "./inner-function.ts";
import { ledgerId } from "./ledger.ts";
import type { Cause } from "./ledger-entry.ts";
import type { Attempt, Settled } from "./perform.ts";
import { performOrSkip, relayPerformed } from "./perform.ts";
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
 * A failure is a 503, and the queue tries again without limit; Poison, and data that cannot be read, are parked.
 */
export function timer<S extends v.GenericSchema>(
  name: string,
  schema: S,
  handle: (data: v.InferOutput<S>, work: Work) => Promise<Skip | void>,
): InnerFunction & Declared {
  const fire = async (request: HttpRequest) => {
    const body = readJsonObject(request);
    const attempt = attemptOf(name, body);
    try {
      const { data } = readCall(name, schema, body);
      const performed = await performOrSkip(attempt, work => handle(data, work));
      await relayPerformed(attempt.ledgerId, performed);
      return finish(attempt, endingOf(performed));
    } catch (error) {
      if (!(error instanceof Poison)) return finish(attempt, { outcome: "refused", error });
      await recordFailure(attempt, JSON.stringify(body), error);
      return finish(attempt, { outcome: "parked", error });
    }
  };
  const hosted = innerFunction(name, { "POST /": fire });
  return Object.assign(hosted, {
    declaration: { kind: "timer", name } as const,
  });
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
  return {
    ledgerId: ledgerId(name, cause),
    by: name,
    cause,
    nowMs: clock.now(),
  };
}

function readCall<S extends v.GenericSchema>(name: string, schema: S, body: unknown) {
  const parsed = v.safeParse(v.object({ ...call.entries, data: schema }), body);
  if (parsed.success) return parsed.output;
  throw new Poison(`${name} was armed with data it cannot read: ${v.summarize(parsed.issues)}`);
}

interface Ending {
  outcome: "done" | "skipped" | "duplicate" | "parked" | "refused";
  reason?: string;
  error?: unknown;
}

function endingOf(performed: Settled): Ending {
  if (performed.kind === "met") return { outcome: "duplicate" };
  if (performed.state === "skipped") return { outcome: "skipped", reason: performed.reason ?? "" };
  return { outcome: "done" };
}

/** The one line a firing leaves, and the answer to Cloud Tasks: whatever is not 2xx is tried again. */
function finish(attempt: Attempt, ending: Ending) {
  const failed = ending.outcome === "parked" || ending.outcome === "refused";
  log(failed ? "ERROR" : "INFO", "timer.finished", {
    timer: attempt.by,
    ...ending,
    key: attempt.cause.id,
    correlation_id: attempt.cause.correlation_id,
    ms: clock.now() - attempt.nowMs,
    traceparent: attempt.cause.traceparent,
  });
  if (ending.outcome !== "refused") return { status: 204 };
  throw unavailable("Not handled; call again.", ending.error);
}
