/** Tells a reaction that fails for one event from one that fails for all. */
export interface CircuitBreaker {
  /** Remembers how an event went. On: most of the last ones threw, so this one is not to be set aside. */
  note(how: "went well" | "threw"): "on" | "off";
}

const REMEMBERED = 100;

/**
 * Looks at the last hundred events of one instance. When more than half of them threw, the fault is the
 * reaction's, a broken deployment most likely: to defer and park them all would leave the world to be released by
 * hand. They stay with Pub/Sub instead, which slows down, and are delivered to the next deployment.
 */
export function createCircuitBreaker(): CircuitBreaker {
  const threw: boolean[] = [];
  return {
    note(how) {
      threw.push(how === "threw");
      if (threw.length > REMEMBERED) threw.shift();
      return threw.filter(Boolean).length > REMEMBERED / 2 ? "on" : "off";
    },
  };
}
