import * as v from "valibot";
import { clock } from "../clock.ts";
import { PermanentError } from "../errors.ts";
import type { HttpRequest } from "../http/handler.ts";
import { unavailable } from "../http/problem.ts";
import { log } from "../log.ts";
import type { Declared } from "./declaration.ts";
import type { Attempt } from "./process/attempt.ts";
import { catchUp } from "./process/catch-up.ts";
import { createCircuitBreaker } from "./process/circuit-breaker.ts";
import type { Settled } from "./process/commit.ts";
import { performOrSkip, relayPerformed } from "./process/commit.ts";
import { runAttempt } from "./process/process-event.ts";
import { attemptAgain } from "./process/react.ts";
import { recordFailure } from "./process/record-failure.ts";
import { isLastTry, MAX_FAILURES } from "./process/retry-policy.ts";
import type { TaskFunction } from "./receive/task-function.ts";
import { taskFunction } from "./receive/task-function.ts";
import { releaseRoute } from "./receive/task-routes.ts";
import { ledgerId, readEntry } from "./records/ledger.ts";
import type { Cause } from "./records/ledger-entry.ts";
import { DELIVERY } from "./records/ledger-state.ts";
import type { Skip } from "./skip.ts";
import type { Work } from "./work.ts";

/** What a timer's task carries: which arming it is, whose consequence, and what the timer is to look at. */
const call = v.object({
  key: v.pipe(v.string(), v.minLength(1)),
  correlation_id: v.string(),
  traceparent: v.optional(v.string()),
  data: v.optional(v.unknown()),
});

/**
 * Declares a timer: what is looked at when its time has come, unless the world changed first. Its arming is a
 * follow-up of some unit of work; its own unit of work counts once per key, however often Cloud Tasks calls.
 * A failure is a 503, and the queue tries again; PermanentError, data that cannot be read and the twentieth failure are
 * parked. What a person releases looks at the world of now, and fails as an event does: deferred, later parked.
 */
export function timer<S extends v.GenericSchema>(
  name: string,
  schema: S,
  handle: (data: v.InferOutput<S>, work: Work) => Promise<Skip | void>,
): TaskFunction & Declared {
  const fire = async (request: HttpRequest) => {
    const read = v.safeParse(call, parsedOrText(request.body));
    if (!read.success) return unreadable(name, request.body);
    const attempt = attemptOf(name, read.output);
    try {
      const data = readData(name, schema, read.output.data);
      const performed = await performOrSkip(attempt, work => handle(data, work));
      await relayPerformed(attempt, performed);
      return finish(attempt, endingOf(performed));
    } catch (error) {
      if (!isLastTry(error, request)) return finish(attempt, { outcome: "refused", error });
      await recordFailure({ ...attempt, event: () => JSON.stringify(read.output) }, asPermanentError(error));
      return finish(attempt, { outcome: "parked", error });
    }
  };
  const brake = createCircuitBreaker();
  const release = async (id: string, n: number): Promise<boolean> => {
    const entry = await readEntry(id);
    if (entry?.by !== name) return true;
    const attempt = attemptAgain(id, entry, { kind: "release", n });
    if (!attempt) return catchUp(id, entry);
    const again = async (work: Work) => {
      const { data } = v.parse(call, JSON.parse(entry.event ?? ""));
      return handle(readData(name, schema, data), work);
    };
    return runAttempt(attempt, again, brake);
  };
  const hosted = taskFunction(name, { "POST /": fire, "POST /release": releaseRoute(release) });
  return Object.assign(hosted, {
    declaration: { kind: "timer", name } as const,
  });
}

function asPermanentError(error: unknown): PermanentError {
  return error instanceof PermanentError
    ? error
    : new PermanentError(`failed ${MAX_FAILURES} times: ${error}`, { cause: error });
}

function parsedOrText(body: Buffer): unknown {
  const text = body.toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Without a key there is nothing to record it under, and calling again would bring the same. */
function unreadable(name: string, body: Buffer) {
  log("ERROR", "timer.unreadable", { timer: name, bytes: body.length });
  return { status: 204 };
}

function attemptOf(name: string, { key, correlation_id, traceparent }: v.InferOutput<typeof call>): Attempt {
  const cause: Cause = {
    producer: name,
    id: key,
    event_type: "timer",
    subject: key,
    fingerprint: "",
    correlation_id,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  return { ledgerId: ledgerId(name, cause), by: name, cause, nowMs: clock.now(), origin: DELIVERY };
}

function readData<S extends v.GenericSchema>(name: string, schema: S, data: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, data);
  if (parsed.success) return parsed.output;
  throw new PermanentError(`${name} was armed with data it cannot read: ${v.summarize(parsed.issues)}`);
}

interface Ending {
  outcome: "done" | "skipped" | "duplicate" | "parked" | "refused";
  reason?: string;
  error?: unknown;
}

function endingOf(performed: Settled): Ending {
  if (performed.kind !== "committed") return { outcome: "duplicate" };
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
