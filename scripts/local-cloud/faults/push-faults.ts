/** What is to go wrong with the next push at a place: a subscription, a queue. */
export interface PushFaults {
  /** Milliseconds of clock time that the push is late; 0: it is not. */
  delayMs(place: string): number;
  /** Whether the next push overtakes this one. */
  overtaken(place: string): boolean;
  /** How often it is delivered, and whether the second time before the first has been answered. */
  copies(place: string): "one" | "two at once" | "two in turn";
}

export const noPushFaults: PushFaults = {
  delayMs: () => 0,
  overtaken: () => false,
  copies: () => "one",
};

/** Real milliseconds that a push waits to be overtaken: where nothing comes after it, it is not. */
const WAIT_TO_BE_OVERTAKEN_MS = 20;

export interface FaultyPushes {
  /** Sends, perhaps twice, perhaps behind the push that comes after it. Answers what the first sending answered. */
  through<Answer>(place: string, send: () => Promise<Answer>): Promise<Answer>;
}

/**
 * Lets pushes go wrong on their way. What is held here counts as under way; whoever pushes keeps the pushes of
 * one ordering key apart, so only those of different keys overtake each other.
 */
export function createFaultyPushes(faults: PushFaults): FaultyPushes {
  /** By place: lets the one push go on that waits there to be overtaken. */
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
