/** The result of a handler that found nothing to do. An outcome, not an error. */
export interface Skip {
  readonly skip: string;
}

/** Creates the result that a handler returns to skip its event. The handler's writes are dropped; the entry keeps the reason. */
export function skip(reason: string): Skip {
  return { skip: reason };
}

export function isSkip(result: unknown): result is Skip {
  return typeof result === "object" && result !== null && "skip" in result;
}

/** Skip of a fact about a thing that has another owner. Only the owner's facts change anything. */
export const NOT_OWNER = skip("not the owner");
