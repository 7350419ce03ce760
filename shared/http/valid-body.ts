import * as v from "valibot";
import { describeValue, pointerTo } from "../events/fault.ts";
import type { Fault } from "./problem.ts";
import { Problem } from "./problem.ts";

/**
 * A command's body as its schema describes it.
 * @throws Problem 422 that lists every fault, with what was expected and what came
 */
export function validBody<S extends v.GenericSchema>(schema: S, body: unknown): v.InferOutput<S> {
  const checked = v.safeParse(schema, body);
  if (checked.success) return checked.output;
  throw invalidBody(
    checked.issues.map(issue => ({
      pointer: pointerTo(...(issue.path ?? []).map(item => item.key as string | number)),
      expected: issue.message,
      received: describeValue(issue.input),
    })),
  );
}

/** The refusal of a body for faults that only the owner could see. */
export function invalidBody(faults: readonly Fault[]): Problem {
  return new Problem({
    status: 422,
    slug: "invalid-body",
    detail: "The body is not as this command demands.",
    faults,
  });
}
