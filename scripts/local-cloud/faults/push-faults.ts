/** Source of the faults of pushes. A place is a subscription or a queue. */
export interface PushFaults {
  /** Returns the delay of the next push, in milliseconds of the movable clock; 0 for none. */
  delayMs(place: string): number;
  /** Returns true when the next push is to be overtaken by the one after it. */
  overtaken(place: string): boolean;
  /** Returns how often the next push is delivered. "two at once" sends the second before the first is answered. */
  copies(place: string): "one" | "two at once" | "two in turn";
}

export const noPushFaults: PushFaults = {
  delayMs: () => 0,
  overtaken: () => false,
  copies: () => "one",
};

/** Longest real time that a push waits to be overtaken, in milliseconds. Without a later push, it then goes on. */
const WAIT_TO_BE_OVERTAKEN_MS = 20;

export interface FaultyPushes {
  /**
   * Sends a push, perhaps twice, perhaps behind the push that comes after it.
   * @returns the answer to the first sending
   */
  through<Answer>(place: string, send: () => Promise<Answer>): Promise<Answer>;
}

/**
 * Applies faults to pushes on their way. A push that is held here counts as in progress. A service has one push of an
 * ordering key in progress, so only pushes of different keys overtake each other.
 */
export function createFaultyPushes(faults: PushFaults): FaultyPushes {
  /** The function that releases the push which waits at a place to be overtaken; at most one per place. */
  const waiting = new Map<string, () => void>();

  function waitToBeOvertaken(place: string): Promise<void> {
    return new Promise(resolve => {
      const goOn = (): void => {
        clearTimeout(timer);
        if (waiting.get(place) === goOn) waiting.delete(place);
        resolve();
      };
      const timer = setTimeout(goOn, WAIT_TO_BE_OVERTAKEN_MS);
      waiting.set(place, goOn);
    });
  }

  return {
    async through(place, send) {
      const overtaken = waiting.get(place);
      const copies = faults.copies(place);
      if (faults.overtaken(place) && !overtaken) await waitToBeOvertaken(place);
      try {
        const first = send();
        if (copies === "two at once") await Promise.all([first, send()]);
        if (copies === "two in turn") await first.then(send);
        return await first;
      } finally {
        overtaken?.();
      }
    },
  };
}
