import { STATUS_CODES } from "node:http";
import { isPlatformTrouble } from "../errors.ts";
import type { ValidationFault } from "../events/fault.ts";
import type { HttpAnswer } from "./handler.ts";

export type ProblemInit = {
  readonly status: number;
  /** The kind of problem, for programs: stable, lower-case, words joined with "-". */
  readonly slug: string;
  /** A short sentence for the kind; by default HTTP's name of the status. */
  readonly title?: string;
  /** The fault and its remedy. The text never repeats what the client sent. */
  readonly detail?: string;
  readonly faults?: readonly ValidationFault[];
  /** Headers of the answer, such as Retry-After (seconds) or Allow. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
};

/** An error that the front door turns into the answer: RFC 9457, `application/problem+json`. */
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

/** Creates the 503 for transient trouble. The client may retry the same request after a second. */
export function unavailable(detail: string, cause?: unknown): Problem {
  return new Problem({ status: 503, slug: "unavailable", detail, headers: { "retry-after": "1" }, cause });
}

/**
 * Turns any thrown value into an answer. Platform trouble becomes 503. Any other value that is not a Problem
 * becomes 500 `internal`. Both answers hide the cause; the caller logs it.
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
      detail: problem.detail,
      errors: problem.faults.length === 0 ? undefined : problem.faults.map(onlyFaultFields),
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
