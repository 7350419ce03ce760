/** A handler's way to say that there is nothing to do, and why. It is an ending, not an error. */
export interface Skip {
  readonly skip: string;
}

/** Return it from a handler: nothing of its unit of work is written, and the event counts as handled. */
export function skip(reason: string): Skip {
  return { skip: reason };
}

export function isSkip(result: unknown): result is Skip {
  return typeof result === "object" && result !== null && "skip" in result;
}
