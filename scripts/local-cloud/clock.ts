import { createDueQueue } from "./due-queue.ts";
import type { Keeper } from "./storage.ts";

/** A clock that runs with real time and can be moved ahead: everything in the local runtime waits on it. */
export interface LocalClock {
  /** Milliseconds since the Unix epoch: real time plus all it was advanced by. */
  now(): number;
  /** Runs `run` once, as soon as now() has reached `dueMs`, but never before this call has returned. */
  at(dueMs: number, run: () => void): { cancel(): void };
  /** When the soonest waiting item is due; undefined when nothing waits. */
  nextDueMs(): number | undefined;
  /**
   * Moves the clock ahead by `ms`, stopping at every item that falls due on the way: the clock jumps there,
   * the item runs, `settle` is awaited, and only then does it go on. Items of one instant run in the order
   * they were asked for. It settles before the first jump too, so that what was just sent can still ask for
   * its own time. Two calls at once run one after the other. Rejects with what an item or `settle` threw.
   */
  advance(ms: number, settle: () => Promise<void>): Promise<void>;
  /** Forgets everything that waits; what is asked for later never runs. */
  close(): void;
}

/** setTimeout fires at once for anything longer, so a longer wait is made of several. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

const KIND = "clock";
const OFFSET = "advancedByMs";

/**
 * A clock that goes on where the one whose state was kept stood: what it is advanced by is kept at each jump,
 * before anything runs at the new time.
 *
 * Real timers stay armed while the clock is advanced: what falls due by real time during a long settle runs
 * then, otherwise a settle that waits for it would never end.
 */
export function createLocalClock(keeper?: Keeper): LocalClock {
  const waiting = createDueQueue();
  let offsetMs = keeper?.all<number>(KIND).find(({ key }) => key === OFFSET)?.value ?? 0;
  let wakeUp: NodeJS.Timeout | undefined;
  let advancing: Promise<void> = Promise.resolve();
  let closed = false;

  const now = () => Date.now() + offsetMs;

  function arm(): void {
    clearTimeout(wakeUp);
    const dueMs = waiting.nextDueMs();
    if (dueMs === undefined || closed) return;
    wakeUp = setTimeout(runDue, Math.min(Math.max(dueMs - now(), 0), MAX_TIMEOUT_MS));
  }

  /** Stops at the instant it began: an item that asks for another one at once must not starve the process. */
  function runDue(): void {
    const untilMs = now();
    try {
      for (let run = waiting.takeDue(untilMs); run; run = waiting.takeDue(untilMs)) run();
    } finally {
      arm();
    }
  }

  function jumpTo(ms: number): void {
    const aheadMs = ms - now();
    if (aheadMs <= 0) return;
    offsetMs += aheadMs;
    keeper?.put(KIND, OFFSET, offsetMs);
  }

  async function step(ms: number, settle: () => Promise<void>): Promise<void> {
    await settle();
    const targetMs = now() + ms;
    let dueMs = waiting.nextDueMs();
    while (dueMs !== undefined && dueMs <= targetMs) {
      jumpTo(dueMs);
      waiting.takeDue(dueMs)?.();
      arm();
      await settle();
      dueMs = waiting.nextDueMs();
    }
    jumpTo(targetMs);
    arm();
    await settle();
  }

  return {
    now,
    at(dueMs, run) {
      if (closed) return { cancel: () => undefined };
      const cancel = waiting.add(dueMs, run);
      arm();
      return { cancel };
    },
    nextDueMs: waiting.nextDueMs,
    advance(ms, settle) {
      const done = advancing.then(() => step(ms, settle));
      advancing = done.catch(() => undefined);
      return done;
    },
    close() {
      closed = true;
      waiting.clear();
      clearTimeout(wakeUp);
    },
  };
}
