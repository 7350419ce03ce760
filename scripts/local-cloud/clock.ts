import { createDueQueue } from "./due-queue.ts";
import type { Keeper } from "./storage.ts";

/** A clock that runs with real time and can be moved ahead. Every wait of the local services goes through this clock. */
export interface LocalClock {
  /** Milliseconds since the Unix epoch: real time plus the sum of all advances. */
  now(): number;
  /** Runs `run` once, as soon as now() has reached `dueMs`, but never before this call has returned. */
  at(dueMs: number, run: () => void): { cancel(): void };
  /** Time of the soonest waiting item; undefined when nothing waits. */
  nextDueMs(): number | undefined;
  /**
   * Moves the clock ahead by `ms` and stops at every item that falls due on the way. At each stop the clock jumps
   * to the item's time, runs the item and awaits `whenIdle`. Items of one instant run in the order of their `at`
   * calls. A first `whenIdle` precedes the first jump, so that work in progress can still register its own items.
   * Two calls at once run one after the other.
   * @throws the error that an item or `whenIdle` threw
   */
  advance(ms: number, whenIdle: () => Promise<void>): Promise<void>;
  /** Drops all waiting items; items that are added later never run. */
  close(): void;
}

/** Longest delay of setTimeout: a timer with a longer delay fires at once. Longer waits take several timers. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

const KIND = "clock";
const OFFSET = "advancedByMs";

/**
 * Creates a clock that continues at the stored offset. Each jump stores the new offset before anything runs at the
 * new time.
 * @param keeper store of the offset; without one every clock starts at real time
 */
export function createLocalClock(keeper?: Keeper): LocalClock {
  return new OffsetClock(keeper);
}

/**
 * Real timers stay armed during an advance. An item that falls due in real time runs while `whenIdle` is awaited.
 * Otherwise a `whenIdle` that waits for that item would never resolve.
 */
class OffsetClock implements LocalClock {
  readonly #keeper: Keeper | undefined;
  readonly #waiting = createDueQueue();
  #offsetMs: number;
  #wakeUp: NodeJS.Timeout | undefined;
  #lastAdvance: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(keeper: Keeper | undefined) {
    this.#keeper = keeper;
    this.#offsetMs = keeper?.all<number>(KIND).find(({ key }) => key === OFFSET)?.value ?? 0;
  }

  // A property and not a method: callers pass `clock.now` on as a function.
  readonly now = (): number => Date.now() + this.#offsetMs;

  at(dueMs: number, run: () => void): { cancel(): void } {
    if (this.#isClosed) return { cancel: () => undefined };
    const cancel = this.#waiting.add(dueMs, run);
    this.#arm();
    return { cancel };
  }

  nextDueMs(): number | undefined {
    return this.#waiting.nextDueMs();
  }

  advance(ms: number, whenIdle: () => Promise<void>): Promise<void> {
    const done = this.#lastAdvance.then(() => this.#step(ms, whenIdle));
    this.#lastAdvance = done.catch(() => undefined);
    return done;
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
    clearTimeout(this.#wakeUp);
  }

  async #step(ms: number, whenIdle: () => Promise<void>): Promise<void> {
    await whenIdle();
    const targetMs = this.now() + ms;
    let dueMs = this.#waiting.nextDueMs();
    while (dueMs !== undefined && dueMs <= targetMs) {
      this.#jumpTo(dueMs);
      this.#waiting.takeDue(dueMs)?.();
      this.#arm();
      await whenIdle();
      dueMs = this.#waiting.nextDueMs();
    }
    this.#jumpTo(targetMs);
    this.#arm();
    await whenIdle();
  }

  #jumpTo(ms: number): void {
    const aheadMs = ms - this.now();
    if (aheadMs <= 0) return;
    this.#offsetMs += aheadMs;
    this.#keeper?.put(KIND, OFFSET, this.#offsetMs);
  }

  #arm(): void {
    clearTimeout(this.#wakeUp);
    const dueMs = this.#waiting.nextDueMs();
    if (dueMs === undefined || this.#isClosed) return;
    const delayMs = Math.min(Math.max(dueMs - this.now(), 0), MAX_TIMEOUT_MS);
    this.#wakeUp = setTimeout(() => this.#runDue(), delayMs);
  }

  /** Runs the items that are due now. Items added meanwhile wait for the next timer: the process must not starve. */
  #runDue(): void {
    const untilMs = this.now();
    try {
      for (let run = this.#waiting.takeDue(untilMs); run; run = this.#waiting.takeDue(untilMs)) run();
    } finally {
      this.#arm();
    }
  }
}
