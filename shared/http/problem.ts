import { STATUS_CODES } from "node:http";
import { isPlatformTrouble } from "../errors.ts";
import type { ValidationFault } from "../events/fault.ts";
import type { HttpAnswer } from "./handler.ts";

export type ProblemInit = {
  readonly status: number;
  /** Names the kind of problem for programs: stable, lower-case, words joined with "-". */
  readonly slug: string;
  /** One short sentence for the kind; by default the name HTTP gives the status. */
  readonly title?: string;
  /** What is wrong this time and what to do about it. Never echoes what the client sent. */
  readonly detail?: string;
  readonly faults?: readonly ValidationFault[];
  /** For example Retry-After (seconds) or Allow. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
};

/** Thrown anywhere below the front door, it becomes the answer: RFC 9457, `application/problem+json`. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly slug: string;
  readonly title: string;
  readonly detail: string | undefined;
  readonly faults: readonly ValidationFault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(init: ProblemInit) {
    const title = init.title ?? STATUS_CODES[init.status] ?? "Problem";
    super(init.detail ?? title, { cause: init.cause });
    this.status = init.status;
    this.slug = init.slug;
    this.title = title;
    this.detail = init.detail;
    this.faults = init.faults ?? [];
    this.headers = init.headers ?? {};
  }
}

/** The 503 for trouble that passes: the same request is welcome again, after a second. */
export function unavailable(detail: string, cause?: unknown): Problem {
  return new Problem({ status: 503, slug: "unavailable", detail, headers: { "retry-after": "1" }, cause });
}

/**
 * The answer for whatever was thrown. Trouble of the platform is 503; what else is not a Problem is our own
 * fault: it becomes 500 `internal`. Neither says anything about itself; logging it is the caller's task.
 */
export function problemAnswer(thrown: unknown): HttpAnswer {
  const problem = problemOf(thrown);
  return {
    status: problem.status,
    headers: { ...problem.headers, "content-type": "application/problem+json" },
    body: {
      // A URN, because the type must be stable and PulseCart owns no host to put a page on.
      type: `urn:pulsecart:problem:${problem.slug}`,
      title: problem.title,
      status: problem.status,
      ...(problem.detail === undefined ? {} : { detail: problem.detail }),
      ...(problem.faults.length === 0 ? {} : { errors: problem.faults.map(onlyFaultFields) }),
    },
  };
}

function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (isPlatformTrouble(thrown)) return unavailable("The platform is in trouble. Try again later.");
  return new Problem({
    status: 500,
    slug: "internal",
    detail: "Something failed on our side; it has been logged. Try again later.",
  });
}

function onlyFaultFields({ pointer, expected, received }: ValidationFault): ValidationFault {
  return { pointer, expected, received };
}
