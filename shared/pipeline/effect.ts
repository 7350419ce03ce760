import * as v from "valibot";
import { clock } from "../clock.ts";
import { NotSent, PermanentError } from "../errors.ts";
import { inTransaction } from "../google/firestore.ts";
import type { HttpRequest } from "../http/handler.ts";
import { readJsonObject } from "../http/json-body.ts";
import { Problem, unavailable } from "../http/problem.ts";
import { log } from "../log.ts";
import type { Declared } from "./declaration.ts";
import { armEffect } from "./outbox/post-effect.ts";
import type { EffectKind, EffectRules, Taken } from "./process/effect-lease.ts";
import { takeLease, writeEffect, writeReport } from "./process/effect-lease.ts";
import { redactError } from "./process/redact-error.ts";
import { isLastTry } from "./process/retry-policy.ts";
import type { TaskFunction } from "./receive/task-function.ts";
import { taskFunction } from "./receive/task-function.ts";
import type { EffectRecord } from "./records/effect-record.ts";
import { readEffect } from "./records/effect-record.ts";
import type { Report } from "./records/effect-state.ts";
import { withoutMoreTries } from "./records/effect-state.ts";

/** Half a lease: who holds it has come back, or given up, before another one may take it. */
const SEND_DEADLINE_MS = 60_000;

/**
 * Declares the function that does one kind of effect: planned by units of work, called by Cloud Tasks, and the only
 * one that lets the world outside see anything.
 */
export function effect<S extends v.GenericSchema>(
  name: string,
  schema: S,
  rules: EffectRules<v.InferOutput<S>>,
): TaskFunction & Declared {
  const kind: EffectKind<v.InferOutput<S>> = {
    rules,
    read: data => {
      const parsed = v.safeParse(schema, data);
      if (parsed.success) return parsed.output;
      throw new PermanentError(`${name} was planned with data it cannot read: ${v.summarize(parsed.issues)}`);
    },
  };
  const call = async (request: HttpRequest) => {
    const id = effectIdIn(request, name);
    try {
      return finish(id, await attempt(id, kind));
    } catch (error) {
      if (!isLastTry(error, request)) return finish(id, { outcome: "refused", error });
      return finish(id, await park(id, error));
    }
  };
  const hosted = taskFunction(name, { "POST /": call });
  return Object.assign(hosted, { declaration: { kind: "timer", name } as const });
}

function effectIdIn(request: HttpRequest, name: string): string {
  const { effect_id: id } = readJsonObject(request);
  if (typeof id === "string" && id.startsWith(`${name}~`)) return id;
  const detail = `Expected {effect_id} of a planned ${name}.`;
  throw new Problem({ status: 400, slug: "not-an-effect", detail });
}

interface Ending {
  outcome: EffectRecord["state"] | "duplicate" | "held" | "too-late" | "gone" | "refused";
  record?: EffectRecord;
  error?: unknown;
}

async function attempt<Data>(id: string, kind: EffectKind<Data>): Promise<Ending> {
  const taken = await inTransaction<Taken<Data> | undefined>(async transaction => {
    const record = await readEffect(id, transaction);
    return record && takeLease(transaction, { id, record, nowMs: clock.now() }, kind);
  });
  if (!taken) return { outcome: "gone" };
  if (taken.kind === "settled") {
    if (taken.outcome === "planned") await arm(id, taken.record);
    return { outcome: taken.outcome, record: taken.record };
  }
  const { record: leased, data } = taken;
  const { report, error: thrown } = await send(() =>
    kind.rules.send(data, { id, signal: AbortSignal.timeout(SEND_DEADLINE_MS) }),
  );
  const error = redactError(thrown, kind.rules.personal(data));
  const returned = {
    heldLease: leased.lease,
    report,
    reason: reasonOf(error),
    repeatable: kind.rules.repeatable(data),
  };
  const after = await inTransaction(async transaction => {
    const record = await readEffect(id, transaction);
    return record && writeReport(transaction, { id, record, nowMs: clock.now() }, returned);
  });
  if (after?.state === "planned") await arm(id, after);
  return { outcome: after?.state ?? "too-late", record: after ?? leased, error };
}

async function send(perform: () => Promise<void>): Promise<{ report: Report; error?: unknown }> {
  try {
    await perform();
    return { report: "sent" };
  } catch (error) {
    if (error instanceof NotSent) return { report: "not-sent", error };
    return { report: error instanceof PermanentError ? "hopeless" : "unclear", error };
  }
}

/** What cannot even be decided waits for a person; what somebody is doing is left to them. */
async function park(id: string, error: unknown): Promise<Ending> {
  const record = await inTransaction(async transaction => {
    const before = await readEffect(id, transaction);
    if (before?.state !== "planned") return before;
    const fields = { reason: reasonOf(error) };
    const state = withoutMoreTries(before);
    return writeEffect(transaction, id, { before, state, fields, nowMs: clock.now() });
  });
  return record ? { outcome: record.state, record, error } : { outcome: "gone", error };
}

/** A task that cannot be posted is not lost: the record says when it is overdue, and the sweep looks. */
async function arm(id: string, record: EffectRecord): Promise<void> {
  try {
    await armEffect(id, record);
  } catch (error) {
    log("WARNING", "effect.postponed", { effect_id: id, error });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

const severities: Partial<Record<Ending["outcome"], "WARNING" | "ERROR">> = {
  unknown: "ERROR",
  parked: "ERROR",
  refused: "ERROR",
  "too-late": "WARNING",
};

/** The one line a try leaves, and the answer to Cloud Tasks: whatever is not 2xx is tried again. */
function finish(id: string, { outcome, record, error }: Ending) {
  log(severities[outcome] ?? "INFO", "effect.finished", {
    effect_id: id,
    outcome,
    ...(record && {
      effect: record.effect,
      event_id: record.cause.id,
      correlation_id: record.cause.correlation_id,
      traceparent: record.cause.traceparent,
      ...(record.reason === undefined ? {} : { reason: record.reason }),
    }),
    ...(error === undefined ? {} : { error }),
  });
  if (outcome !== "refused") return { status: 204 };
  throw unavailable("Not handled; call again.", error);
}
