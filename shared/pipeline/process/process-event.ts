import { PermanentError } from "../../errors.ts";
import { hashOf } from "../../values/ids.ts";
import { relay } from "../outbox/relay.ts";
import { DELIVERY } from "../records/ledger-state.ts";
import type { Skip } from "../skip.ts";
import type { Work } from "../work.ts";
import type { Attempt } from "./attempt.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import type { Met, Settled } from "./commit.ts";
import { CONFLICT, performOrSkip, relayPerformed } from "./commit.ts";
import type { Ending } from "./outcome.ts";
import { duplicateOf, endingOf, failureOf, finish } from "./outcome.ts";
import { recordFailure } from "./record-failure.ts";
import { redactError } from "./redact-error.ts";
import { failureEnding } from "./retry-policy.ts";

/**
 * Runs the work of one message, release or drain to one of its endings, and leaves a line about it. Answers
 * whether what set it off may be acknowledged. Never throws.
 */
export async function runAttempt(
  attempt: Attempt,
  body: (work: Work) => Promise<Skip | void>,
  brake: CircuitBreaker,
): Promise<boolean> {
  return finish(attempt, await guarded(attempt, () => run(attempt, body, brake)));
}

/** The same for an attempt that has failed already, or was never made. PermanentError parks it. */
export async function failAttempt(attempt: Attempt, error: unknown): Promise<boolean> {
  return finish(attempt, await guarded(attempt, () => setBack(attempt, error)));
}

async function run(
  attempt: Attempt,
  body: (work: Work) => Promise<Skip | void>,
  brake: CircuitBreaker,
): Promise<Ending> {
  let performed: Settled;
  try {
    performed = await performOrSkip(attempt, body);
  } catch (error) {
    return fail(attempt, brake, redactError(error, attempt.personal?.() ?? []));
  }
  brake.note("went well");
  if (performed.kind === "met" && isConflict(performed.entry, attempt)) return parkConflict(attempt);
  await relayPerformed(attempt, performed);
  return endingOf(performed);
}

/** The same producer and id with another fingerprint, and nothing else, is a conflict. */
function isConflict(met: Met | undefined, { cause }: Attempt): boolean {
  return met !== undefined && met.cause.fingerprint !== cause.fingerprint;
}

async function fail(attempt: Attempt, brake: CircuitBreaker, error: unknown): Promise<Ending> {
  const ending = failureEnding(error, 0).kind;
  // With the platform in trouble, asking Firestore again would only take longer.
  if (ending === "refuse") return { outcome: "refused", error };
  if (ending === "defer" && brake.note("threw") === "on") {
    return { outcome: "refused", reason: "more than half of the last events threw: is it broken?", error };
  }
  return setBack(attempt, error);
}

async function setBack(attempt: Attempt, error: unknown): Promise<Ending> {
  const failed = await recordFailure(attempt, error);
  if (failed.kind !== "met") return failureOf(failed, error);
  if (isConflict(failed.entry, attempt)) return parkConflict(attempt);
  if (failed.entry?.state === "pending") await relay(attempt.ledgerId, failed.entry);
  return duplicateOf(failed.entry);
}

/** The same producer and id with other content: the first one stands, this one waits for a person beside it. */
async function parkConflict(attempt: Attempt): Promise<Ending> {
  // The mark is the first one's, and so is the place in the lane: this one waits for nobody, and nobody for it.
  const { lane: _place, dedupeDocument: _mark, ...beside } = attempt;
  const ledgerId = `${attempt.ledgerId}~${hashOf(attempt.cause.fingerprint)}`;
  const ending = await setBack({ ...beside, ledgerId, origin: DELIVERY }, new PermanentError(CONFLICT));
  return ending.outcome === "parked" ? { ...ending, outcome: "conflict" } : ending;
}

/** Whatever goes wrong around an attempt leaves the message with Pub/Sub: nothing is lost by trying again. */
async function guarded({ personal }: Attempt, end: () => Promise<Ending>): Promise<Ending> {
  try {
    return await end();
  } catch (error) {
    return { outcome: "refused", error: redactError(error, personal?.() ?? []) };
  }
}
