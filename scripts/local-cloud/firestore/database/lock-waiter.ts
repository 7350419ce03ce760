/**
 * Time that a transaction's read waits behind another transaction that has read the same document. A transaction on
 * one machine takes a few milliseconds, far less. Two transactions that wait for each other lose little time.
 */
const COURTESY_MS = 100;
/** Delay of a timer above which the process was busy, so that the other transaction is not to blame. */
const LATE_MS = 25;

interface LockWaiterOptions {
  holder: LockHolder;
  keys: readonly string[];
  /** Signal of the call that waits. */
  signal: AbortSignal;
  /** Called after COURTESY_MS without a restart. */
  onTimeout(waiter: LockWaiter): void;
  /** Called once when the waiter leaves the queue, granted or failed. */
  onLeave(waiter: LockWaiter): void;
}

/** One read that waits for its locks. */
export class LockWaiter {
  readonly holder: LockHolder;
  readonly keys: readonly string[];
  /** Resolves when the locks are granted, and rejects when the wait fails. */
  readonly granted: Promise<void>;
  readonly resolve: () => void;
  readonly #reject: (reason: unknown) => void;
  readonly #signal: AbortSignal;
  readonly #onLeave: (waiter: LockWaiter) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #giveUp = (): void => this.fail(this.#signal.reason);
  #dueMs = Date.now() + COURTESY_MS;

  constructor({ holder, keys, signal, onTimeout, onLeave }: LockWaiterOptions) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.holder = holder;
    this.keys = keys;
    this.granted = promise;
    this.resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    this.#onLeave = onLeave;
    this.#timer = setTimeout(() => {
      if (Date.now() > this.#dueMs + LATE_MS) this.restart();
      else onTimeout(this);
    }, COURTESY_MS);
    signal.addEventListener("abort", this.#giveUp);
  }

  leave(): void {
    clearTimeout(this.#timer);
    this.#onLeave(this);
    this.#signal.removeEventListener("abort", this.#giveUp);
  }

  fail(reason: unknown): void {
    this.leave();
    this.#reject(reason);
  }

  /** Starts the timeout anew. */
  restart(): void {
    this.#dueMs = Date.now() + COURTESY_MS;
    this.#timer.refresh();
  }
}

/** A transaction that holds locks. A lower rank is older and wins a deadlock; a retry keeps its first attempt's rank. */
export interface LockHolder {
  readonly rank: number;
}
