import { PermanentError } from "../../errors.ts";
import { hashOf } from "../../values/ids.ts";
import { relay } from "../outbox/relay.ts";
import { DELIVERY } from "../records/ledger-state.ts";
import type { Skip } from "../skip.ts";
import type { Work } from "../work.ts";
import type { Attempt } from "./attempt.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { CONFLICT, commitOrSkip } from "./commit.ts";
import type { CommitResult, ExistingEntry } from "./commit-result.ts";
import type { Outcome } from "./outcome.ts";
import { duplicateOf, logAttempt, outcomeOfCommit, outcomeOfFailure } from "./outcome.ts";
import { recordFailure } from "./record-failure.ts";
import { redactError } from "./redact-error.ts";
import { relayCommit } from "./relay-commit.ts";
import { decideFailure } from "./retry-policy.ts";

/** Commits the work of one delivery, release or drain, or records its failure. Logs the outcome. Never throws. */
export async function processEvent(
  attempt: Attempt,
  body: (work: Work) => Promise<Skip | void>,
  breaker: CircuitBreaker,
): Promise<Outcome> {
  return logAttempt(attempt, await orRefused(attempt, () => commitAndRelay(attempt, body, breaker)));
}

/** Records the failure of an event that no handler ran for. A PermanentError parks the event. Never throws. */
export async function failEvent(attempt: Attempt, error: unknown): Promise<Outcome> {
  return logAttempt(attempt, await orRefused(attempt, () => recordAndReport(attempt, error)));
}

async function commitAndRelay(
  attempt: Attempt,
  body: (work: Work) => Promise<Skip | void>,
  breaker: CircuitBreaker,
): Promise<Outcome> {
  let result: CommitResult;
  try {
    result = await commitOrSkip(attempt, body);
  } catch (error) {
    return failUnlessOpen(attempt, breaker, redactError(error, attempt.personal?.() ?? []));
  }
  breaker.record("success");
  if (result.kind === "existing" && isConflict(result.entry, attempt)) return parkConflict(attempt);
  await relayCommit(attempt, result);
  return outcomeOfCommit(result);
}

/** Tells whether an entry belongs to another event: same producer and id, another fingerprint. */
function isConflict(entry: ExistingEntry | undefined, { cause }: Attempt): boolean {
  return entry !== undefined && entry.cause.fingerprint !== cause.fingerprint;
}

async function failUnlessOpen(attempt: Attempt, breaker: CircuitBreaker, error: unknown): Promise<Outcome> {
  const decision = decideFailure(error, 0).kind;
  // Firestore may be the platform in trouble: recording the failure there would only take longer.
  if (decision === "refuse") return { outcome: "refused", error };
  if (decision === "defer" && breaker.record("failure") === "open") {
    const reason = "more than half of the last 100 events failed: check the last deploy";
    return { outcome: "refused", reason, error };
  }
  return recordAndReport(attempt, error);
}

async function recordAndReport(attempt: Attempt, error: unknown): Promise<Outcome> {
  const failure = await recordFailure(attempt, error);
  if (failure.kind !== "existing") return outcomeOfFailure(failure, error);
  if (isConflict(failure.entry, attempt)) return parkConflict(attempt);
  if (failure.entry?.state === "pending") await relay(attempt.ledgerId, failure.entry);
  return duplicateOf(failure.entry);
}

/** Parks the later of two events with the same producer and id, beside the entry of the earlier one. */
async function parkConflict(attempt: Attempt): Promise<Outcome> {
  // Lane and dedupe document belong to the earlier event: the later event neither waits nor makes others wait.
  const { lane: _lane, dedupeDocument: _document, ...beside } = attempt;
  const ledgerId = `${attempt.ledgerId}~${hashOf(attempt.cause.fingerprint)}`;
  const parked = await recordAndReport(
    { ...beside, ledgerId, origin: DELIVERY },
    new PermanentError(CONFLICT),
  );
  return parked.outcome === "parked" ? { ...parked, outcome: "conflict" } : parked;
}

/** Turns any unexpected error into a nack: redelivery is safe. */
async function orRefused({ personal }: Attempt, run: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await run();
  } catch (error) {
    return { outcome: "refused", error: redactError(error, personal?.() ?? []) };
  }
}
