/** Tells a fault of one event from a fault of the whole reaction. */
export interface CircuitBreaker {
  /** Records the result of an event. @returns `open` when most of the last events failed: do not defer this one */
  record(result: "success" | "failure"): "open" | "closed";
}

/** Events that the circuit breaker remembers, per instance. */
const REMEMBERED = 100;

/**
 * Creates a circuit breaker over the last hundred events of one instance. The breaker opens when more than half of
 * them failed: most likely the deployed code is broken. Deferring all events would leave thousands of entries for an operator to
 * release. The events stay in Pub/Sub instead, which backs off and delivers them to the next deployment.
 */
export function createCircuitBreaker(): CircuitBreaker {
  const failures: boolean[] = [];
  return {
    record(result) {
      failures.push(result === "failure");
      if (failures.length > REMEMBERED) failures.shift();
      return failures.filter(Boolean).length > REMEMBERED / 2 ? "open" : "closed";
    },
  };
}
