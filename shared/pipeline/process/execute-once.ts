import { grpcStatus, grpcStatusOf, isPlatformTrouble } from "../../errors.ts";
import type { HttpAnswer } from "../../http/handler.ts";
import { Problem, unavailable } from "../../http/problem.ts";
import { log } from "../../log.ts";
import { readEntry } from "../records/ledger.ts";
import type { Cause } from "../records/ledger-entry.ts";
import type { Work } from "../work.ts";
import type { Attempt } from "./attempt.ts";
import { commit } from "./commit.ts";
import type { Collision, CommandAnswer, CommitResult } from "./commit-result.ts";
import { redactError } from "./redact-error.ts";

/** An HTTP answer, and the thing that the command's events are about. */
export interface Executed {
  answer: HttpAnswer;
  aggregate: string;
}

/**
 * Commits a decision, or finds that an earlier request with the same key has committed it. A refusal may only mean
 * that the earlier request already changed the state, so the ledger is read before refusing.
 */
export async function executeOnce(
  attempt: Attempt,
  decide: (work: Work) => Promise<CommandAnswer>,
): Promise<CommitResult | Collision> {
  try {
    return await commit(attempt, decide);
  } catch (thrown) {
    if (thrown instanceof Problem) {
      const entry = await readEntry(attempt.ledgerId);
      if (entry) return { kind: "existing", entry };
      throw thrown;
    }
    const error = redactError(thrown, attempt.personal?.() ?? []);
    if (!isPlatformTrouble(error) && grpcStatusOf(error) !== grpcStatus.aborted) throw error;
    log("ERROR", "command.unavailable", { error });
    throw unavailable(
      "The result of this command is unknown. Send the request again with the same Idempotency-Key.",
      error,
    );
  }
}

/**
 * Returns the answer of a committed or repeated command.
 * @throws Problem 422 for a key of another request, 409 for a business key in use
 */
export function executedOf(result: CommitResult | Collision, cause: Cause): Executed {
  if (result.kind === "committed" && result.answer) return fromStored(result.answer);
  const entry = result.kind === "existing" ? result.entry : undefined;
  if (entry && entry.cause.fingerprint !== cause.fingerprint) {
    throw new Problem({
      status: 422,
      slug: "idempotency-key-reused",
      detail: "This Idempotency-Key was used for another request. Use a new key for a new request.",
    });
  }
  if (entry?.answer !== undefined)
    return fromStored({ answer: entry.answer, aggregate: entry.aggregate ?? "" });
  throw new Problem({
    status: 409,
    slug: "conflict",
    detail: "Another request has just created the same thing.",
  });
}

function fromStored({ answer, aggregate }: CommandAnswer): Executed {
  return { answer: JSON.parse(answer), aggregate };
}

/** Tells whether the command has unsent events. */
export function hasUnsent(result: CommitResult | Collision): boolean {
  if (result.kind === "collision") return false;
  return (result.kind === "existing" ? result.entry?.state : result.state) === "pending";
}
