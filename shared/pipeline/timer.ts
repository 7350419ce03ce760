import * as v from "valibot";
import { clock } from "../clock.ts";
import { PermanentError } from "../errors.ts";
import type { HttpAnswer, HttpRequest } from "../http/handler.ts";
import { log } from "../log.ts";
import type { Declared } from "./declaration.ts";
import { catchUp } from "./process/catch-up.ts";
import type { CircuitBreaker } from "./process/circuit-breaker.ts";
import { createCircuitBreaker } from "./process/circuit-breaker.ts";
import type { CommitResult } from "./process/commit-result.ts";
import { retryAttempt } from "./process/create-attempt.ts";
import type { Outcome } from "./process/outcome.ts";
import { logOutcome } from "./process/outcome.ts";
import { processEvent } from "./process/process-event.ts";
import { recordFailure } from "./process/record-failure.ts";
import { isLastTry, MAX_FAILURES } from "./process/retry-policy.ts";
import type { UnitOfWork } from "./process/run-unit-of-work.ts";
import { attemptAt, runUnitOfWork } from "./process/run-unit-of-work.ts";
import type { TaskFunction } from "./receive/task-function.ts";
import { taskFunction } from "./receive/task-function.ts";
import { answerTo, releaseRoute } from "./receive/task-routes.ts";
import { readEntry } from "./records/ledger.ts";
import type { Skip } from "./skip.ts";
import type { Work } from "./work.ts";

/** The body of a timer's task: the key of its arming, its trace, and the timer's own data. */
const call = v.object({
  key: v.pipe(v.string(), v.minLength(1)),
  correlation_id: v.string(),
  traceparent: v.optional(v.string()),
  data: v.optional(v.unknown()),
});

type Call = v.InferOutput<typeof call>;

/** A declared timer. */
interface Timer<S extends v.GenericSchema> {
  name: string;
  schema: S;
  handle: (data: v.InferOutput<S>, work: Work) => Promise<Skip | void>;
}

/**
 * Declares a timer: a handler that looks at the state at its due time. A unit of work arms the timer as a follow-up.
 * The timer's own unit of work counts once per key, however often Cloud Tasks calls.
 *
 * A failure is a 503, and the queue retries. A PermanentError, invalid data and a failure after twenty retries are parked. An
 * operator's release runs the handler on the current state; a failure of that run parks the timer again.
 * @example
 * export const checkStock = timer("check-stock", v.object({ product_id: v.string() }), async (data, work) => {
 *   const product = await work.get(products, data.product_id);
 *   if (!product) return skip("the product no longer exists");
 *   work.emit(stockLow(product));
 * });
 */
export function timer<S extends v.GenericSchema>(
  name: string,
  schema: S,
  handle: Timer<S>["handle"],
): TaskFunction & Declared {
  const declared: Timer<S> = { name, schema, handle };
  const breaker = createCircuitBreaker();
  const hosted = taskFunction(name, {
    "POST /": request => fire(declared, request),
    "POST /release": releaseRoute((id, n) => release(declared, breaker, { id, n })),
  });
  return Object.assign(hosted, { declaration: { kind: "timer", name } as const });
}

/** Runs the handler for one call of Cloud Tasks. */
async function fire<S extends v.GenericSchema>(
  declared: Timer<S>,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const read = v.safeParse(call, parsedOrText(request.body));
  if (!read.success) return unreadable(declared.name, request.body);
  const unit = unitOf(declared.name, read.output);
  return answerTo(logTimer(unit, await runOnce(declared, { request, unit, received: read.output })));
}

async function runOnce<S extends v.GenericSchema>(
  declared: Timer<S>,
  { request, unit, received }: { request: HttpRequest; unit: UnitOfWork; received: Call },
): Promise<Outcome> {
  try {
    const data = readData(declared, received.data);
    return outcomeOf(await runUnitOfWork(unit, work => declared.handle(data, work)));
  } catch (error) {
    if (!isLastTry(error, request)) return { outcome: "refused", error };
    const attempt = { ...attemptAt(unit), event: () => JSON.stringify(received) };
    await recordFailure(attempt, asPermanentError(error));
    return { outcome: "parked", error };
  }
}

/** Runs the handler again for a deferred or parked entry. */
async function release<S extends v.GenericSchema>(
  declared: Timer<S>,
  breaker: CircuitBreaker,
  { id, n }: { id: string; n: number },
): Promise<Outcome> {
  const entry = await readEntry(id);
  if (entry?.by !== declared.name) return { outcome: "not-mine" };
  const attempt = retryAttempt(id, entry, { kind: "release", n });
  if (!attempt) return catchUp(id, entry);
  const handleAgain = async (work: Work) => {
    const { data } = v.parse(call, JSON.parse(entry.event ?? ""));
    return declared.handle(readData(declared, data), work);
  };
  return processEvent(attempt, handleAgain, breaker);
}

function asPermanentError(error: unknown): PermanentError {
  return error instanceof PermanentError
    ? error
    : new PermanentError(`failed after ${MAX_FAILURES} retries: ${error}`, { cause: error });
}

function parsedOrText(body: Buffer): unknown {
  const text = body.toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Acknowledges a call without a key: no ledger entry is possible, and a retry would bring the same body. */
function unreadable(name: string, body: Buffer): HttpAnswer {
  log("ERROR", "timer.unreadable", { timer: name, bytes: body.length });
  return { status: 204 };
}

function unitOf(name: string, { key, correlation_id, traceparent }: Call): UnitOfWork {
  return { by: name, id: key, nowMs: clock.now(), correlationId: correlation_id, traceparent };
}

function readData<S extends v.GenericSchema>({ name, schema }: Timer<S>, data: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, data);
  if (parsed.success) return parsed.output;
  throw new PermanentError(`data of timer ${name} is invalid: ${v.summarize(parsed.issues)}`);
}

function outcomeOf(result: CommitResult): Outcome {
  if (result.kind !== "committed") return { outcome: "duplicate" };
  if (result.state === "skipped") return { outcome: "skipped", reason: result.reason ?? "" };
  return { outcome: "done" };
}

/** Writes the log line of one call. */
function logTimer({ by, id, nowMs, correlationId, traceparent }: UnitOfWork, outcome: Outcome): Outcome {
  const fields = { key: id, correlation_id: correlationId, ms: clock.now() - nowMs, traceparent };
  return logOutcome({ message: "timer.finished", by: { timer: by }, fields }, outcome);
}
